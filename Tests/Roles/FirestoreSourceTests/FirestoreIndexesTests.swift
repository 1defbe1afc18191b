import Foundation
import ProgressBusTesting
import Testing

@testable import FirestoreSource

/// The indexes that are shipped are those that the source's two queries need.
struct FirestoreIndexesTests {
  /// https://firebase.google.com/docs/reference/firestore/indexes
  private struct File: Decodable {
    struct Field: Decodable, Hashable {
      let fieldPath: String
      let order: String
    }

    struct Index: Decodable {
      let collectionGroup: String
      let queryScope: String
      let fields: [Field]
    }

    struct FieldIndex: Decodable, Hashable {
      let queryScope: String
      var order: String?
      var arrayConfig: String?
    }

    struct Override: Decodable {
      let collectionGroup: String
      let fieldPath: String
      let indexes: [FieldIndex]
    }

    let indexes: [Index]
    let fieldOverrides: [Override]
  }

  @Test func theShippedIndexesServeBothQueries() throws {
    let file = try JSONDecoder().decode(
      File.self,
      from: Data(
        contentsOf: ProjectFolder.url.appendingPathComponent(
          "deploy/firestore/firestore.indexes.json")))
    // status == "completed", by the completion field.
    let index = try #require(file.indexes.first)
    #expect(file.indexes.count == 1)
    #expect(index.collectionGroup == "sessions" && index.queryScope == "COLLECTION_GROUP")
    #expect(
      index.fields == [
        File.Field(fieldPath: "status", order: "ASCENDING"),
        File.Field(fieldPath: CompletionRules().completionField, order: "ASCENDING"),
      ])
    // status == "completed", by the name. An override takes the place of the indexes that every field has.
    let override = try #require(file.fieldOverrides.first)
    #expect(file.fieldOverrides.count == 1)
    #expect(override.collectionGroup == "sessions" && override.fieldPath == "status")
    #expect(
      Set(override.indexes) == [
        File.FieldIndex(queryScope: "COLLECTION_GROUP", order: "ASCENDING"),
        File.FieldIndex(queryScope: "COLLECTION", order: "ASCENDING"),
        File.FieldIndex(queryScope: "COLLECTION", order: "DESCENDING"),
        File.FieldIndex(queryScope: "COLLECTION", arrayConfig: "CONTAINS"),
      ])
  }
}
