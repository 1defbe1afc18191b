import Foundation
import Testing

@testable import BigQueryMirror

@Suite("insertAll requests")
struct InsertAllRequestTests {
  @Test("The pseudonym is SHA-256 of identifier and salt")
  func vector() throws {
    let pseudonymizer = try #require(Pseudonymizer(salt: "pepper"))
    #expect(
      pseudonymizer.pseudonym(for: "user-1")
        == "3ec3e5ada7d357d0c5c638f71248a9815f7abbcbc14c29d0fbd0001d56b88875")
    #expect(Pseudonymizer(salt: "") == nil)
  }

  @Test("Pseudonyms join the document, whatever is in them")
  func element() throws {
    for document in [#"{}"#, #"{"a": 1}"#] {
      for pseudonyms in [[], [("h", "x\"\\\u{1}y" as String?), ("n", nil)]] as [[(String, String?)]]
      {
        let bytes = InsertAllRequest.element(
          insertID: "i\"d", document: Array(document.utf8),
          pseudonyms: pseudonyms.map { (name: $0.0, value: $0.1) })
        let parsed = try #require(
          try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(parsed["insertId"] as? String == "i\"d")
        let json = try #require(parsed["json"] as? [String: Any])
        #expect(json.count == (document == "{}" ? 0 : 1) + pseudonyms.count)
        if !pseudonyms.isEmpty {
          #expect(json["h"] as? String == "x\"\\\u{1}y")
          #expect(json["n"] is NSNull)
        }
      }
    }
  }

  @Test("insertIds: the form, a correction, and at most 128 characters")
  func insertID() {
    func make(_ form: String, _ key: String, _ correction: Int64? = nil) -> String {
      InsertAllRequest.insertID(form: form, sourceKey: key, correction: correction)
    }
    #expect(make("det_{id}", "7") == "det_7")
    #expect(make("{id}", "s", 12) == "s~12")
    let long = String(repeating: "k", count: 125)
    #expect(make("{id}", long) == long)
    #expect(make("SUM-{id}", long).count == 64)
    #expect(make("SUM-{id}", long) == make("SUM-{id}", long))
    #expect(make("SUM-{id}", long) != make("SUM-{id}", long + "k"))
  }

  @Test("No request is over 10 MB, and no row is lost or moved")
  func split() {
    let rows = (0..<50).map {
      OutgoingRow(id: Int64($0), attempts: 0, element: Array(repeating: 65, count: 1_000_000))
    }
    let huge = OutgoingRow(id: 50, attempts: 0, element: Array(repeating: 65, count: 11_000_000))
    let runs = InsertAllRequest.split(rows + [huge])
    #expect(runs.flatMap { $0 }.map(\.id) == (0...50).map(Int64.init))
    for run in runs.dropLast() { #expect(InsertAllRequest.body(run).count <= 10_000_000) }
    #expect(runs.last?.map(\.id) == [50])
    #expect(InsertAllRequest.split([]).isEmpty)
  }
}
