import Concurrency
import CurlTransport
import Foundation
import HTTPTypes
import PostgresDriver

/// What came of sending a batch.
struct DeliveryReport: Sendable {
  var verdicts: [RowVerdict] = []
  /// The last thing that went wrong, without a value of any row.
  var publicError: String?
  /// BigQuery did not answer, or refused the caller: no use in sending more right now.
  var isUnavailable = false
  /// How long to leave the table alone, if BigQuery's answer says so.
  var quiet: Duration?
}

/// Sends the rows of a batch to one table, and finds a verdict for each.
struct BatchDelivery {
  let client: BigQueryClient
  let path: String
  let maximumAttempts: Int
  let note: @Sendable (InsertAllOutcome) -> Void

  func deliver(_ rows: [OutgoingRow]) async -> DeliveryReport {
    var report = DeliveryReport()
    var search = RowSearch()
    var runs = InsertAllRequest.split(rows)
    while !runs.isEmpty {
      let run = runs.removeFirst()
      if report.isUnavailable {
        // Not sent, so not an attempt.
        let reason = report.publicError ?? ""
        report.verdicts += run.map {
          .later($0, after: report.quiet ?? .seconds(1), reason: reason)
        }
        continue
      }
      let outcome = await callWithRetries(run, tries: search.callTries)
      note(outcome)
      switch outcome {
      case .answered(let faults):
        let stopped = settle(run, faults, into: &report)
        if !stopped.isEmpty { runs.insert(stopped, at: 0) }
        if faults.count < run.count { runs += search.taken() }
      case .transient(let reason, retryAfter: _, mayLieInRows: true):
        report.publicError = reason
        runs.insert(contentsOf: search.failed(run), at: 0)
      case .transient(let reason, retryAfter: _, mayLieInRows: false), .refused(let reason):
        report.isUnavailable = true
        report.publicError = reason
        report.verdicts += run.map {
          .again($0, reason: reason, maximumAttempts: maximumAttempts)
        }
      case .interrupted:
        report.isUnavailable = true
        report.quiet = .zero
        report.verdicts += run.map { .later($0, after: .zero, reason: "interrupted") }
      case .quotaExceeded(let reason):
        report.isUnavailable = true
        report.quiet = MirrorRetrySchedule.quotaDelay
        report.publicError = reason
        report.verdicts += run.map {
          .later($0, after: MirrorRetrySchedule.quotaDelay, reason: reason)
        }
      case .tooLarge(let reason), .malformed(let reason):
        report.publicError = reason
        if run.count > 1 {
          runs.insert(contentsOf: RowSearch.halves(run), at: 0)
        } else {
          report.verdicts += run.map { RowVerdict(id: $0.id, fate: .failed, reason: reason) }
        }
      }
    }
    report.isUnavailable = report.isUnavailable || search.isOutage
    report.verdicts += search.unsent.map {
      .again($0, reason: report.publicError ?? "", maximumAttempts: maximumAttempts)
    }
    return report
  }

  /// Judges the rows of an answered call, and returns those that are to be sent again at once.
  private func settle(
    _ run: [OutgoingRow], _ faults: [Int: RowFault], into report: inout DeliveryReport
  ) -> [OutgoingRow] {
    var stopped: [OutgoingRow] = []
    for (index, row) in run.enumerated() {
      switch faults[index] {
      case nil: report.verdicts.append(RowVerdict(id: row.id, fate: .synced, reason: ""))
      case .stopped: stopped.append(row)
      case .quotaExceeded:
        report.publicError = "quotaExceeded"
        report.verdicts.append(
          .later(row, after: MirrorRetrySchedule.quotaDelay, reason: "quotaExceeded"))
      case .transient(let reason):
        report.publicError = reason
        report.verdicts.append(.again(row, reason: reason, maximumAttempts: maximumAttempts))
      case .invalid(let full, let publicReason):
        report.publicError = publicReason
        report.verdicts.append(
          RowVerdict(id: row.id, fate: .failed, reason: full, publicReason: publicReason))
      }
    }
    guard stopped.count == run.count else { return stopped }
    // No row is to blame, so sending the same again would end the same way.
    report.publicError = "stopped"
    report.verdicts += stopped.map {
      .again($0, reason: "stopped", maximumAttempts: maximumAttempts)
    }
    return []
  }

  private func callWithRetries(_ run: [OutgoingRow], tries: Int) async -> InsertAllOutcome {
    let body = InsertAllRequest.body(run)
    var retries = Retries(MirrorRetrySchedule.call)
    while true {
      let outcome = await call(body, rowCount: run.count)
      guard case .transient(_, let retryAfter, _) = outcome else { return outcome }
      let delay = retries.failed(retryAfter: retryAfter)
      guard retries.failures < tries else { return outcome }
      note(outcome)
      do { try await Task.sleep(for: delay) } catch { return outcome }
    }
  }

  private func call(_ body: [UInt8], rowCount: Int) async -> InsertAllOutcome {
    do {
      let response = try await client.call(.post, path, body: body)
      return .of(
        status: response.status, body: response.body, retryAfter: response.retryAfter,
        rowCount: rowCount)
    } catch let error as TransportError {
      return .of(error)
    } catch is CancellationError {
      return .interrupted
    } catch is PostgresError {
      // Without PostgreSQL nobody knows how many calls there are; nor could the answer be written down.
      return .interrupted
    } catch MirrorError.unreachable(let reason) {
      return .transient(reason)
    } catch {
      return .refused("\(error)")
    }
  }
}

/// Finds the rows that an error is about which names none: halves are sent, as long as BigQuery takes others.
struct RowSearch {
  /// Halvings while nothing was taken, enough for one row of the longest call: the calls of an outage must
  /// not become many.
  private static let blindHalvings = 9

  private var isAnyTaken = false
  private var halvings = 0
  /// Runs that wait until BigQuery takes something.
  private var postponed: [[OutgoingRow]] = []
  private var culprits: [OutgoingRow] = []

  /// How often a call is tried: a half only shows whether the whole was to blame.
  var callTries: Int { halvings == 0 ? MirrorRetrySchedule.callTries : 1 }

  /// Nothing was taken at all: it does not lie in the rows.
  var isOutage: Bool { !isAnyTaken && !unsent.isEmpty }

  /// The rows that no call was taken with.
  var unsent: [OutgoingRow] { culprits + postponed.flatMap { $0 } }

  /// - Returns: what to send next.
  mutating func failed(_ run: [OutgoingRow]) -> [[OutgoingRow]] {
    guard run.count > 1 else {
      culprits += run
      return []
    }
    guard isAnyTaken || halvings < Self.blindHalvings else {
      postponed.append(run)
      return []
    }
    halvings += 1
    return Self.halves(run)
  }

  /// - Returns: what to send again.
  mutating func taken() -> [[OutgoingRow]] {
    isAnyTaken = true
    defer { postponed = [] }
    return postponed
  }

  static func halves(_ run: [OutgoingRow]) -> [[OutgoingRow]] {
    [Array(run[..<(run.count / 2)]), Array(run[(run.count / 2)...])]
  }
}

/// What becomes of a row after an attempt.
struct RowVerdict: Sendable, Equatable {
  enum Fate: Sendable, Equatable {
    case synced
    case retry(after: Duration, countsAsAttempt: Bool)
    case failed
  }

  let id: Int64
  let fate: Fate
  /// For the row's own records, empty when it is synced. Can quote the row: never logged.
  let reason: String
  /// The same without a value of the row.
  let publicReason: String

  init(id: Int64, fate: Fate, reason: String, publicReason: String? = nil) {
    self.id = id
    self.fate = fate
    self.reason = reason
    self.publicReason = publicReason ?? reason
  }

  /// The verdict on a row whose attempt failed for a reason that may pass.
  static func again(_ row: OutgoingRow, reason: String, maximumAttempts: Int) -> RowVerdict {
    let attempts = row.attempts + 1
    guard attempts < maximumAttempts else {
      return RowVerdict(
        id: row.id, fate: .failed, reason: "given up after \(attempts) attempts: \(reason)")
    }
    return RowVerdict(
      id: row.id,
      fate: .retry(
        after: MirrorRetrySchedule.queue.delay(afterFailures: attempts), countsAsAttempt: true),
      reason: reason)
  }

  /// The verdict on a row that is to wait without a mark against it.
  static func later(_ row: OutgoingRow, after delay: Duration, reason: String) -> RowVerdict {
    RowVerdict(id: row.id, fate: .retry(after: delay, countsAsAttempt: false), reason: reason)
  }
}
