import Foundation
import ProgressBusTesting

/// Answers of BigQuery for the stub to give.
enum Answers {
  /// What a stub does with each request.
  static func script(_ script: @escaping FaultServer.Script) -> FaultServer.Script { script }

  static let accepted = FaultAnswer.json(
    200, #"{"kind":"bigquery#tableDataInsertAllResponse"}"#)

  static func error(
    _ status: Int, _ reason: String, headers: [(String, String)] = []
  ) -> FaultAnswer {
    .json(
      status,
      #"{"error":{"code":\#(status),"message":"about learner-one","errors":[{"reason":"\#(reason)","message":"about learner-one"}]}}"#,
      headers: headers)
  }

  static func insertErrors(_ errors: [(index: Int, reason: String, message: String)]) -> FaultAnswer
  {
    let list = errors.map {
      #"{"index":\#($0.index),"errors":[{"reason":"\#($0.reason)","location":"action","message":"\#($0.message)"}]}"#
    }
    return .json(
      200,
      #"{"kind":"bigquery#tableDataInsertAllResponse","insertErrors":[\#(list.joined(separator: ","))]}"#
    )
  }
}

/// The body of an insertAll request.
struct SentRows: Decodable {
  struct Row: Decodable {
    let insertId: String
  }
  let rows: [Row]

  var ids: [String] { rows.map(\.insertId) }
}

extension RecordedRequest {
  var isInsertAll: Bool { target.hasSuffix("/insertAll") }

  var sentIDs: [String] {
    get throws { try JSONDecoder().decode(SentRows.self, from: Data(body)).ids }
  }
}
