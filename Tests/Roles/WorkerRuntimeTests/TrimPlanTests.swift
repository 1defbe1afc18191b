import EventBus
import Testing

@testable import WorkerRuntime

@Suite struct TrimPlanTests {
  private static let now: UInt64 = 10_000_000
  private let plan = TrimPlan(
    cap: 1_000, retention: .seconds(600), expectedGroups: ["influxdb", "postgres"])

  private static func id(_ milliseconds: UInt64, _ sequence: UInt64 = 0) -> StreamID {
    StreamID(milliseconds: milliseconds, sequence: sequence)
  }

  private static func group(
    _ name: String, delivered: UInt64, pending oldest: UInt64? = nil
  ) -> JournalState.Group {
    JournalState.Group(
      name: name, lastDelivered: id(delivered, 4), oldestPending: oldest.map { id($0) },
      pending: oldest == nil ? 0 : 3, undelivered: 0)
  }

  private static func state(
    entries: Int, first: UInt64 = 9_000_000, last: UInt64 = now, _ groups: JournalState.Group...
  ) -> JournalState {
    JournalState(entries: entries, first: id(first), last: id(last, 4), groups: groups)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let state: JournalState
    let position: StreamID?
  }

  @Test(arguments: [
    Case(
      testDescription: "what all have read goes after the retention",
      state: state(
        entries: 100, group("postgres", delivered: now), group("influxdb", delivered: now)),
      position: id(now - 600_000)),
    Case(
      testDescription: "a pending entry stays, and all behind it",
      state: state(
        entries: 100, group("postgres", delivered: now, pending: 9_100_000),
        group("influxdb", delivered: now)),
      position: id(9_100_000)),
    Case(
      testDescription: "undelivered entries stay",
      state: state(
        entries: 100, group("postgres", delivered: now), group("influxdb", delivered: 9_200_000)),
      position: id(9_200_000, 5)),
    Case(
      testDescription: "an unexpected group counts as well",
      state: state(
        entries: 100, group("postgres", delivered: now), group("influxdb", delivered: now),
        group("other", delivered: 9_000_000, pending: 9_000_000)),
      position: nil),
    Case(
      testDescription: "nothing goes while an expected group is missing",
      state: state(entries: 999, group("postgres", delivered: now)), position: nil),
    Case(
      testDescription: "nothing goes without any group", state: state(entries: 999), position: nil),
    Case(
      testDescription: "nothing goes while the retention holds all",
      state: state(
        entries: 100, first: now - 1_000, group("postgres", delivered: now),
        group("influxdb", delivered: now)),
      position: nil),
    Case(
      testDescription: "crowded: the surplus goes early",
      state: state(
        entries: 850, first: now - 8_500, group("postgres", delivered: now),
        group("influxdb", delivered: now)),
      position: id(now - 8_000)),
    Case(
      testDescription: "crowded: but nothing unread",
      state: state(
        entries: 850, first: now - 8_500, group("postgres", delivered: now),
        group("influxdb", delivered: now, pending: now - 8_400)),
      position: id(now - 8_400)),
    Case(
      testDescription: "critical: all that was read goes",
      state: state(
        entries: 900, first: now - 8_500, group("postgres", delivered: now),
        group("influxdb", delivered: now - 100)),
      position: id(now - 100, 5)),
    Case(
      testDescription: "critical and nothing read: nothing goes",
      state: state(
        entries: 1_000, first: now - 8_500, group("postgres", delivered: 0),
        group("influxdb", delivered: now)),
      position: nil),
    Case(
      testDescription: "an empty journal",
      state: JournalState(
        entries: 0, first: nil, last: id(now),
        groups: [group("postgres", delivered: now), group("influxdb", delivered: now)]),
      position: nil),
  ])
  func choosesThePosition(_ example: Case) {
    #expect(plan.position(example.state, now: Self.now) == example.position)
  }

  @Test func pendingEntriesAtAnUnknownPlaceHoldEverything() {
    let unknown = JournalState.Group(
      name: "postgres", lastDelivered: Self.id(Self.now), oldestPending: nil, pending: 2,
      undelivered: 0)
    let state = Self.state(entries: 999, unknown, Self.group("influxdb", delivered: Self.now))
    #expect(plan.position(state, now: Self.now) == nil)
  }

  @Test func lagCountsUndeliveredAndPending() {
    func lag(_ delivered: UInt64, pending: Int, undelivered: Int?) -> Double {
      let group = JournalState.Group(
        name: "g", lastDelivered: Self.id(delivered, 4), oldestPending: nil, pending: pending,
        undelivered: undelivered)
      return JournalMetrics.lag(of: group, in: Self.state(entries: 50, group))
    }
    #expect(lag(Self.now, pending: 3, undelivered: 7) == 10)
    #expect(lag(Self.now, pending: 3, undelivered: nil) == 3)
    #expect(lag(0, pending: 3, undelivered: nil) == 53)
    #expect(lag(9_500_000, pending: 3, undelivered: nil).isNaN)
  }
}
