import Cryptography
import Foundation
import JSONText

/// Builds the bodies of insertAll calls.
enum InsertAllRequest {
  /// Bytes of a body; 10 MB is BigQuery's limit for it
  /// (https://cloud.google.com/bigquery/quotas#streaming_inserts).
  static let byteLimit = 9_500_000
  /// Characters of an insertId.
  static let insertIDLength = 128

  // Valid rows go in although others of the call are not.
  private static let head = Array(
    #"{"skipInvalidRows":true,"ignoreUnknownValues":false,"rows":["#.utf8)
  private static let tail = Array("]}".utf8)

  static func body(_ rows: some Collection<OutgoingRow>) -> [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(rows.reduce(head.count + tail.count) { $0 + $1.element.count + 1 })
    body += head
    for (index, row) in rows.enumerated() {
      if index > 0 { body.append(UInt8(ascii: ",")) }
      body += row.element
    }
    return body + tail
  }

  /// Cuts rows into runs that fit a call each. A row that is too large by itself gets a run of its own.
  static func split(_ rows: [OutgoingRow]) -> [[OutgoingRow]] {
    var runs: [[OutgoingRow]] = []
    var size = 0
    for row in rows {
      size += row.element.count + 1
      if runs.isEmpty || size > byteLimit {
        runs.append([])
        size = head.count + tail.count + row.element.count + 1
      }
      runs[runs.count - 1].append(row)
    }
    return runs
  }

  /// One element of `rows`.
  ///
  /// - Parameters:
  ///   - document: a JSON object, without the pseudonymised members.
  ///   - pseudonyms: members that are added to it; nil stands for null.
  static func element(
    insertID: String, document: some Collection<UInt8>, pseudonyms: [(name: String, value: String?)]
  ) -> [UInt8] {
    var element: [UInt8] = []
    element.reserveCapacity(document.count + 256)
    element += #"{"insertId":"#.utf8
    JSONEscaping.append(insertID, to: &element)
    element += #","json":{"#.utf8
    for (name, value) in pseudonyms {
      JSONEscaping.append(name, to: &element)
      element.append(UInt8(ascii: ":"))
      if let value { JSONEscaping.append(value, to: &element) } else { element += "null".utf8 }
      element.append(UInt8(ascii: ","))
    }
    let members = document.dropFirst()
    if members.first == UInt8(ascii: "}"), !pseudonyms.isEmpty { element.removeLast() }
    element += members
    element.append(UInt8(ascii: "}"))
    return element
  }

  /// The insertId of a source row.
  ///
  /// A correction differs from the first, or BigQuery would take it for the same row. What would be too
  /// long is hashed: an insertId only has to be the same for the same row.
  static func insertID(form: String, sourceKey: String, correction: Int64?) -> String {
    var identifier = form.replacing("{id}", with: sourceKey)
    if let correction { identifier += "~\(correction)" }
    guard identifier.unicodeScalars.count > insertIDLength else { return identifier }
    return SHA256.digest(of: identifier).lowercaseHex
  }
}

/// A claimed row, ready to be sent.
struct OutgoingRow: Sendable {
  /// Its place on the queue.
  let id: Int64
  /// Attempts before this one.
  let attempts: Int
  /// `{"insertId":…,"json":{…}}`.
  let element: [UInt8]
}
