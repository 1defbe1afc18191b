@testable import BigQueryMirror

extension FuzzTarget {
  /// The reader of BigQuery's answers to insertAll: it speaks of rows that were sent alone, and of a call that did
  /// not succeed it never says that all rows were taken.
  static let bigQueryAnswer = FuzzTarget("bigquery-answer", seeds: answers) { input in
    guard input.count >= 2 else { return nil }
    let status = statuses[Int(input[0]) % statuses.count]
    let rowCount = Int(input[1] % 8) + 1
    let outcome = InsertAllOutcome.of(
      status: status, body: Array(input.dropFirst(2)), rowCount: rowCount)
    guard case .answered(let faults) = outcome else { return nil }
    guard faults.keys.allSatisfy((0..<rowCount).contains) else { return "a row that was not sent" }
    return status != 200 && faults.count < rowCount ? "rows of a failed call were taken" : nil
  }

  private static let statuses = [200, 400, 401, 403, 404, 408, 413, 429, 500, 503]

  /// As https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll describes them.
  private static let answers: [[UInt8]] = [
    [0, 2] + Array(#"{"kind":"bigquery#tableDataInsertAllResponse"}"#.utf8),
    [0, 2]
      + Array(
        #"{"kind":"bigquery#tableDataInsertAllResponse","insertErrors":[{"index":1,"errors":[{"reason":"invalid","location":"at","message":"no"}]},{"index":0,"errors":[{"reason":"stopped"}]}]}"#
          .utf8),
    [3, 2]
      + Array(
        #"{"error":{"code":403,"message":"over","errors":[{"reason":"quotaExceeded"}]}}"#.utf8),
  ]
}
