import Events
import Foundation
import ProgressBusTesting
import Sessions
import Synchronization

/// Firestore by REST in memory, as far as the source asks for it: queries of a collection group by one or two
/// filters, in order, from a position; commits of one write. Its own answers are Google's, as measured; the
/// requests are checked against Google's description afterwards.
final class FirestoreStub: Sendable {
  static let root = "\(SampleDocuments.database)/documents"

  /// By full name, with fields in typed JSON.
  private let documents = Mutex<[String: [String: SessionValue]]>([:])

  /// What is added when so many queries were answered.
  private let arrivals = Mutex<[Int: @Sendable (FirestoreStub) -> Void]>([:])
  private let queries = Mutex(0)

  func afterQuery(_ number: Int, _ change: @escaping @Sendable (FirestoreStub) -> Void) {
    arrivals.withLock { $0[number] = change }
  }

  subscript(path: String) -> [String: SessionValue]? {
    get { documents.withLock { $0["\(Self.root)/\(path)"] } }
    set { documents.withLock { $0["\(Self.root)/\(path)"] = newValue } }
  }

  func paths(below collection: String) -> [String] {
    documents.withLock { $0.keys.filter { $0.hasPrefix("\(Self.root)/\(collection)/") } }.sorted()
  }

  func answer(_ request: RecordedRequest) -> FaultAnswer {
    guard let body = try? SessionValue(json: request.body) else { return .text(400, "no JSON") }
    if request.target.hasSuffix(":runQuery") {
      let answer = query(body)
      let number = queries.withLock { count in
        count += 1
        return count
      }
      arrivals.withLock { $0.removeValue(forKey: number) }?(self)
      return answer
    }
    if request.target.hasSuffix(":commit") { return commit(body) }
    return .text(404, "Not Found")
  }

  private func query(_ body: SessionValue) -> FaultAnswer {
    guard let query = body["structuredQuery"],
      query["from"]?.elements?.first?["allDescendants"] == .boolean(true),
      let collection = query["from"]?.elements?.first?["collectionId"]?.text
    else { return .text(400, "no collection group") }
    let filters = query["where"]?["compositeFilter"]?["filters"]?.elements ?? [query["where"]!]
    let order = (query["orderBy"]?.elements ?? []).compactMap { $0["field"]?["fieldPath"]?.text }
    let matching = documents.withLock { documents in
      documents.filter { name, fields in
        name.split(separator: "/").dropLast().last.map(String.init) == collection
          && filters.allSatisfy { Self.holds($0["fieldFilter"], fields) }
          && order.allSatisfy { $0 == "__name__" || fields[$0] != nil }
      }
    }
    func position(_ name: String, _ fields: [String: SessionValue]) -> [String] {
      order.map { $0 == "__name__" ? name : Self.text(fields[$0]) }
    }
    let start = query["startAt"]?["values"]?.elements?.map { Self.text($0) }
    var found = matching.map { (position($0.key, $0.value), $0.key, $0.value) }
      .sorted { $0.0.lexicographicallyPrecedes($1.0) }
    if let start { found.removeAll { !start.lexicographicallyPrecedes($0.0) } }
    if let limit = query["limit"]?.number { found = Array(found.prefix(Int(limit))) }
    let selected = query["select"]?["fields"]?.elements?.compactMap { $0["fieldPath"]?.text }
    let results = found.map { _, name, fields in
      SessionValue.map([
        "document": .map([
          "name": .string(name),
          "fields": .map(fields.filter { selected?.contains($0.key) ?? true }),
          "createTime": .string("2026-03-01T09:00:00.000001Z"),
          "updateTime": .string("2026-03-01T09:00:00.000001Z"),
        ]), "readTime": .string("2026-03-01T09:00:01Z"),
      ])
    }
    let empty = SessionValue.map([
      "readTime": .string("2026-03-01T09:00:01Z"), "done": .boolean(true),
    ])
    return .json(200, SessionValue.array(results.isEmpty ? [empty] : results).jsonText)
  }

  private static func holds(_ filter: SessionValue?, _ fields: [String: SessionValue]) -> Bool {
    guard let filter, let name = filter["field"]?["fieldPath"]?.text, let field = fields[name],
      let value = filter["value"]
    else { return false }
    switch filter["op"]?.text {
    case "EQUAL": return field == value
    case "GREATER_THAN_OR_EQUAL":
      // Only values of the same type compare.
      return field.members?.keys.first == value.members?.keys.first && text(field) >= text(value)
    default: return false
    }
  }

  /// What a typed value holds; moments in one form, so that texts compare as they do.
  private static func text(_ value: SessionValue?) -> String {
    guard let content = value?.members?.values.first else { return "" }
    let text = content.text ?? String(decoding: content.json, as: UTF8.self)
    return Timestamp(rfc3339: text.utf8)?.description ?? text
  }

  private func commit(_ body: SessionValue) -> FaultAnswer {
    guard let write = body["writes"]?.elements?.first, let name = write["update"]?["name"]?.text
    else { return .text(400, "no write") }
    return documents.withLock { documents in
      if write["currentDocument"]?["exists"] == .boolean(true), documents[name] == nil {
        return .json(
          404, #"{"error":{"code":404,"message":"No document to update: x","status":"NOT_FOUND"}}"#)
      }
      let mask = write["updateMask"]?["fieldPaths"]?.elements?.compactMap(\.text) ?? []
      for field in mask {
        documents[name, default: [:]][field] = write["update"]?["fields"]?[field]
      }
      return .json(
        200,
        #"{"writeResults":[{"updateTime":"2026-03-01T09:00:02Z"}],"commitTime":"2026-03-01T09:00:02Z"}"#
      )
    }
  }
}

extension SessionValue {
  fileprivate var jsonText: String { String(decoding: json, as: UTF8.self) }
}
