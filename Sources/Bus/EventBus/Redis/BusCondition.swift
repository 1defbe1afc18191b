import CoreMetrics
import Logging
import NIOConcurrencyHelpers
import Observability
import RedisDriver

/// What keeps the bus from taking events, as this process sees it. Every fault begins once and ends once,
/// in the log and in the metric, however many connections notice. Safe from any thread.
final class BusCondition: Sendable {
  private struct Record {
    let began: ContinuousClock.Instant
    var seen: ContinuousClock.Instant
    var detail: String
  }

  /// A fault that comes and goes with each request, such as memory at its very limit, is one fault.
  private static let quietTime = Duration.seconds(1)

  private let records = NIOLockedValueBox<[BusFault: Record]>([:])
  private let logger: Logger
  private let metrics: any MetricsFactory
  private let leaveServer: @Sendable (RedisServerError) -> Void
  private let unconfirmed: Counter
  private let isClustered: Bool

  /// - Parameters:
  ///   - isClustered: whether each partition of the journal may be on a server of its own.
  ///   - leaveServer: called when a connection is given up because its server is the wrong one.
  init(
    logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory,
    isClustered: Bool = false,
    leaveServer: @escaping @Sendable (RedisServerError) -> Void = { _ in }
  ) {
    self.logger = logger
    self.metrics = metrics
    self.leaveServer = leaveServer
    self.isClustered = isClustered
    unconfirmed = ProgressBusMetric.busUnconfirmed.counter(in: metrics)
  }

  /// The faults that last, the oldest first.
  var faults: [LastingFault] {
    let now = ContinuousClock.now
    return records.withLockedValue { $0 }.sorted { $0.value.began < $1.value.began }.map {
      LastingFault(fault: $0, detail: $1.detail, age: now - $1.began)
    }
  }

  /// Events were refused, or would be.
  func note(_ error: BusError) {
    let fault = error.fault
    let isNew = records.withLockedValue { records in
      let now = ContinuousClock.now
      let began = records[fault]?.began
      records[fault] = Record(began: began ?? now, seen: now, detail: error.detail)
      // Under the lock, or a fault's end could be told before its beginning.
      if began == nil { tell(fault, lasts: true) }
      return began == nil
    }
    if isNew {
      logger.warning(
        "the bus takes no events: \(fault.sentence)", metadata: ["error": "\(error.detail)"])
    }
  }

  /// The same of a connection. One that serves a partition of a cluster's journal says nothing of the others.
  func note(_ error: BusError, of target: ConnectionTarget) {
    note(isClustered ? error.inPart(of: target) : error)
  }

  /// Calls were carried out, and too few replicas confirmed them.
  func noteUnconfirmed(batches: Int) { unconfirmed.increment(by: batches) }

  func foundWrongServer(_ answer: RedisServerError) { leaveServer(answer) }

  /// A round of asking has ended: what it has not met, and what no request has met lately, is over.
  func finishRound(begunAt begin: ContinuousClock.Instant, _ errors: [BusError]) {
    for error in errors { note(error) }
    let ended = records.withLockedValue { records in
      let ended = records.filter { $0.value.seen < begin - Self.quietTime }
      for fault in ended.keys {
        records[fault] = nil
        tell(fault, lasts: false)
      }
      return ended
    }
    for (fault, record) in ended {
      logger.notice(
        "that is over: \(fault.sentence)", metadata: ["after": "\(record.seen - record.began)"])
    }
  }

  private func tell(_ fault: BusFault, lasts: Bool) {
    ProgressBusMetric.busFault.gauge([("fault", fault.rawValue)], in: metrics).set(lasts ? 1 : 0)
  }
}

/// Why the bus takes no events, while it lasts.
public struct LastingFault: Sendable, Equatable {
  public let fault: BusFault
  /// What is known beside the cause, in Redis's words; empty when the cause says all.
  public let detail: String
  public let age: Duration
}

extension LastingFault: CustomStringConvertible {
  public var description: String {
    detail.isEmpty ? fault.sentence : "\(fault.sentence): \(detail)"
  }
}

/// Asks again and again whether events would be taken, by every connection that publishes: a role without
/// traffic notices too, and a fault's end is noticed at all.
struct BusWatch: Sendable {
  /// Between two rounds while all is well.
  static let interval = Duration.seconds(5)
  /// The same while something is not.
  static let closeInterval = Duration.seconds(1)

  let condition: BusCondition
  let publisher: RedisEventPublisher
  let client: RedisClient

  /// Until the task is cancelled.
  func run() async {
    var next = ContinuousClock.now + Self.interval
    while !Task.isCancelled {
      do { try await Task.sleep(for: Self.closeInterval) } catch { return }
      guard !condition.faults.isEmpty || .now >= next else { continue }
      await ask()
      next = .now + Self.interval
    }
  }

  /// One round.
  func ask() async {
    let begin = ContinuousClock.now
    var errors = await publisher.tryPublishing()
    do throws(BusError) {
      try await client.tryPublishing()
    } catch {
      errors.append(error)
    }
    guard !Task.isCancelled else { return }
    condition.finishRound(begunAt: begin, errors)
  }
}
