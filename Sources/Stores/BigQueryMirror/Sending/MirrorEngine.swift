import Concurrency
import Events
import Foundation
import Logging
import PostgresDriver

/// Takes rows off the queue and sends them. Several engines, in one process or many, may work on one
/// queue.
struct MirrorEngine: Sendable {
  let configuration: MirrorConfiguration
  let store: MirrorStore
  let client: BigQueryClient
  let pseudonymizer: Pseudonymizer?
  let circuits = CircuitBreakers()
  let logger: Logger

  /// The tables that need a salt.
  static func needingSalt(_ tables: [MirroredTable]) -> [String] {
    tables.filter(\.holdsPseudonyms).map(\.sourceTable)
  }

  /// Batches of one table that are under way at the same time while the queue is long: BigQuery takes
  /// its time for each, whatever its size.
  private static let batchesAtOnce = 3

  /// Sends what is ready of one table, batch by batch, until nothing is or BigQuery stops answering.
  ///
  /// - Parameter shouldStop: asked before each batch.
  func drain(
    _ table: MirroredTable, shouldStop: @escaping @Sendable () -> Bool = { false }
  ) async throws -> DeliveryCounts {
    guard !shouldStop() else { return DeliveryCounts() }
    let start = ContinuousClock.now
    var (counts, isMore) = try await drainBatch(table, since: start)
    guard isMore else { return counts }
    try await withThrowingTaskGroup(of: DeliveryCounts.self) { group in
      for _ in 0..<Self.batchesAtOnce {
        group.addTask {
          var counts = DeliveryCounts()
          var isMore = true
          while isMore, !shouldStop(), !Task.isCancelled {
            let batch = try await drainBatch(table, since: start)
            counts += batch.counts
            isMore = batch.isMore
          }
          return counts
        }
      }
      for try await part in group { counts += part }
    }
    return counts
  }

  /// Sends one batch.
  ///
  /// - Parameter start: when the table's first batch was.
  /// - Returns: what came of it, and whether there may be more to send right now.
  private func drainBatch(
    _ table: MirroredTable, since start: ContinuousClock.Instant
  ) async throws -> (counts: DeliveryCounts, isMore: Bool) {
    let size = BatchSize.rows(
      usual: configuration.batchSize, backlog: configuration.backlogBatchSize,
      sendingFor: .now - start)
    let limit = await circuits.allowance(table.sourceTable, batchSize: size)
    guard limit > 0 else { return (DeliveryCounts(), false) }
    let token = UUID()
    let claimed = try await store.claim(
      table.sourceTable, token: token, limit: limit, lease: configuration.lease)
    guard !claimed.isEmpty else { return (DeliveryCounts(), false) }
    let report = await sendHolding(claimed, of: table, token: token)
    await circuits.record(report, for: table.sourceTable)
    let counts = try await settle(report, of: table, token: token)
    return (counts, !report.isUnavailable && claimed.count == limit)
  }

  /// Sends what is ready of all tables at the same time.
  func drainAll() async throws -> DeliveryCounts {
    let tables = try await store.tables()
    return try await withThrowingTaskGroup(of: DeliveryCounts.self) { group in
      for table in tables { group.addTask { try await drain(table) } }
      var total = DeliveryCounts()
      for try await counts in group { total += counts }
      return total
    }
  }

  private func sendHolding(
    _ claimed: [ClaimedRow], of table: MirroredTable, token: UUID
  ) async -> DeliveryReport {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await hold(claimed.map(\.id), of: table, token: token) }
      let report = await send(claimed, of: table)
      group.cancelAll()
      return report
    }
  }

  /// Renews the lease until cancelled. A renewal that fails needs no more than another try: when the
  /// lease runs out, the rows are sent twice, and the dedup view shows one.
  private func hold(_ ids: [Int64], of table: MirroredTable, token: UUID) async {
    while true {
      do { try await Task.sleep(for: configuration.lease / 3) } catch { return }
      do {
        try await store.renew(
          table.sourceTable, token: token, ids: ids, lease: configuration.lease)
      } catch {
        logger.warning(
          "a lease on mirrored rows was not renewed",
          metadata: ["table": "\(table.sourceTable)", "error": "\(error)"])
      }
    }
  }

  private func send(_ claimed: [ClaimedRow], of table: MirroredTable) async -> DeliveryReport {
    var outgoing: [OutgoingRow] = []
    outgoing.reserveCapacity(claimed.count)
    var unsendable: [RowVerdict] = []
    for row in claimed {
      do {
        if let ready = try OutgoingRow(row, of: table, pseudonymizer) {
          outgoing.append(ready)
        } else {
          unsendable.append(
            RowVerdict(id: row.id, fate: .failed, reason: "the source row is gone"))
        }
      } catch is JSONSyntaxError {
        // Nested deeper than anything that means something; the others must not wait for it.
        unsendable.append(
          RowVerdict(id: row.id, fate: .failed, reason: "the row is nested too deep to be sent"))
      } catch {
        // Found at the start; a registry that changed since is put right by a restart with a salt.
        return DeliveryReport(
          verdicts: claimed.map {
            RowVerdict(
              id: $0.id, fate: .retry(after: configuration.interval, countsAsAttempt: false),
              reason: "\(error)")
          }, publicError: "\(error)", isUnavailable: true)
      }
    }
    let delivery = BatchDelivery(
      client: client,
      path: client.path(
        "datasets", table.dataset ?? configuration.datasetID, "tables", table.table, "insertAll"),
      maximumAttempts: configuration.maximumAttempts,
      note: { MirrorMetrics.countCall($0, of: table.sourceTable) })
    var report = await delivery.deliver(outgoing)
    report.verdicts += unsendable
    return report
  }

  /// Writes the verdicts down, even when this process is about to end.
  private func settle(
    _ report: DeliveryReport, of table: MirroredTable, token: UUID
  ) async throws -> DeliveryCounts {
    let store = store
    let counts = try await Task {
      var retries = Retries(MirrorRetrySchedule.settling)
      while true {
        do {
          return try await store.settle(
            table.sourceTable, token: token, verdicts: report.verdicts,
            publicError: report.publicError)
        } catch {
          let delay = retries.failed()
          guard retries.failures < MirrorRetrySchedule.settlingTries else { throw error }
          try await Task.sleep(for: delay)
        }
      }
    }.value
    MirrorMetrics.count(counts, of: table.sourceTable)
    if let error = report.publicError {
      logger.warning(
        "BigQuery did not take every row",
        metadata: [
          "table": "\(table.sourceTable)", "error": "\(error)", "synced": "\(counts.synced)",
          "retried": "\(counts.retried)", "failed": "\(counts.failed)",
        ])
    } else {
      logger.debug(
        "mirrored rows", metadata: ["table": "\(table.sourceTable)", "rows": "\(counts.synced)"])
    }
    return counts
  }
}
