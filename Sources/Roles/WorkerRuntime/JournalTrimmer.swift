import EventBus
import Logging
import Metrics
import Observability

/// Removes what every group has read from the journal, and measures it. Any number of workers may do
/// so at the same time.
struct JournalTrimmer: Sendable {
  let journal: any Journal
  /// Of the whole journal; each partition has its share of the cap.
  let plan: TrimPlan
  /// Groups that must exist before anything is trimmed.
  let expectedGroups: Set<String>
  /// Between two rounds; five times as often while the journal is crowded.
  let interval: Duration
  let busCall: RetryingBusCall
  let logger: Logger

  /// How long an expected group may be missing before that is said.
  private static let patience = Duration.seconds(60)

  private var environment: WorkerEnvironment { busCall.environment }

  /// Returns once the worker stops.
  func run() async {
    var metrics = JournalMetrics(factory: busCall.metrics)
    let trimmed = ProgressBusMetric.journalTrimmed.counter(in: busCall.metrics)
    let partitions = journal.partitions
    let plan = TrimPlan(
      cap: (plan.cap + partitions.count - 1) / partitions.count, retention: plan.retention)
    var memories = partitions.map { _ in
      Memory(
        age: JournalAge(retention: plan.retention),
        expected: ExpectedGroups(declared: expectedGroups),
        absence: GroupAbsence(patience: Self.patience))
    }
    var wait = interval
    // Workers that started together shall not all come at the same moment.
    while await busCall.stop.sleep(for: wait * (0.5 + environment.jitter())) {
      var states: [JournalState] = []
      // One whose server is away lets the others be trimmed.
      var failure: BusError?
      for (index, partition) in partitions.enumerated() {
        do throws(BusError) {
          let state = try await partition.state()
          states.append(state)
          trimmed.increment(by: try await trim(partition, state, by: plan, &memories[index]))
        } catch {
          failure = failure ?? error
        }
      }
      wait = states.contains(where: plan.isCrowded) ? interval / 5 : interval
      if let failure {
        busCall.record(failure, during: "trim")
      } else {
        // The sum of some is no sum.
        metrics.show(states.count == 1 ? states[0] : JournalState(ofPartitions: states))
        busCall.availability.markUp("trim")
      }
    }
  }

  /// - Returns: how many entries were removed.
  private func trim(
    _ partition: any Journal, _ state: JournalState, by plan: TrimPlan, _ memory: inout Memory
  ) async throws(BusError) -> Int {
    memory.age.note(last: state.last, at: environment.elapsed())
    memory.expected.note(state)
    let missing = memory.expected.missing(in: state)
    if memory.absence.shouldBeTold(missing, at: environment.elapsed()) { warn(missing) }
    let position = plan.position(
      state, now: environment.unixMilliseconds(), expired: memory.age.expired,
      expectedGroups: memory.expected.names)
    if let position {
      let count = try await partition.trim(before: position)
      memory.isBlocked = false
      return count
    }
    if plan.isCrowded(state) {
      if !memory.isBlocked { warn(state, cap: plan.cap, missing) }
      memory.isBlocked = true
    }
    return 0
  }

  /// What is remembered of a partition from round to round.
  private struct Memory {
    var age: JournalAge
    var expected: ExpectedGroups
    var absence: GroupAbsence
    var isBlocked = false
  }

  private func warn(_ missing: Set<String>) {
    logger.warning(
      "nothing is trimmed from the journal before a worker has made the group of each sink",
      metadata: [
        "missing": "\(missing.sorted().joined(separator: " "))",
        "setting": "journal.expected_groups",
      ])
  }

  private func warn(_ state: JournalState, cap: Int, _ missing: Set<String>) {
    let lags = state.groups.map { "\($0.name)=\(JournalMetrics.lag(of: $0, in: state))" }
    logger.warning(
      state.isOutOfMemory
        ? "Redis's memory is full, and some group has yet to read what the journal holds"
        : "the journal is nearly full of entries that some group has yet to read",
      metadata: [
        "entries": "\(state.entries)", "cap": "\(cap)",
        "lag": "\(lags.joined(separator: " "))",
        "missing": "\(missing.sorted().joined(separator: " "))",
      ])
  }
}

/// Tells once when expected groups are missing for long, without input or output of its own.
struct GroupAbsence: Sendable {
  let patience: Duration
  private var since: Duration?
  private var isTold = false

  init(patience: Duration) {
    self.patience = patience
  }

  mutating func shouldBeTold(_ missing: Set<String>, at now: Duration) -> Bool {
    guard !missing.isEmpty else {
      since = nil
      isTold = false
      return false
    }
    guard let since else {
      self.since = now
      return false
    }
    guard !isTold, now - since >= patience else { return false }
    isTold = true
    return true
  }
}

/// Shows the journal's length and each group's lag.
struct JournalMetrics {
  private let factory: any MetricsFactory
  private let entries: Meter
  private var lags: [String: Meter] = [:]

  init(factory: any MetricsFactory) {
    self.factory = factory
    entries = ProgressBusMetric.journalEntries.gauge(in: factory)
  }

  mutating func show(_ state: JournalState) {
    entries.set(state.entries)
    let names = Set(state.groups.map(\.name))
    for (name, lag) in lags where !names.contains(name) {
      lag.destroy()
      lags[name] = nil
    }
    for group in state.groups {
      let lag =
        lags[group.name]
        ?? ProgressBusMetric.journalLag.gauge([("group", group.name)], in: factory)
      lags[group.name] = lag
      lag.set(Self.lag(of: group, in: state))
    }
  }

  /// Undelivered and pending entries; not a number when the bus cannot tell.
  static func lag(of group: JournalState.Group, in state: JournalState) -> Double {
    state.lag(of: group).map(Double.init) ?? .nan
  }
}
