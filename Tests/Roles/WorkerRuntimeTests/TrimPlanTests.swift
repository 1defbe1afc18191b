import EventBus
import Testing

@testable import WorkerRuntime

@Suite struct TrimPlanTests {
  private static let now: UInt64 = 10_000_000
  private static let expectedGroups: Set = ["influxdb", "postgres"]
  private let plan = TrimPlan(cap: 1_000, retention: .seconds(600))

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
      testDescription: "crowded, all entries of one millisecond: the sequence counts",
      state: JournalState(
        entries: 850, first: id(now, 100), last: id(now, 949),
        groups: [group("postgres", delivered: now + 1), group("influxdb", delivered: now + 1)]),
      position: id(now, 150)),
    Case(
      testDescription: "memory is full: all that was read goes",
      state: JournalState(
        entries: 10, first: id(now - 8_500), last: id(now, 4),
        groups: [group("postgres", delivered: now), group("influxdb", delivered: now - 100)],
        isOutOfMemory: true),
      position: id(now - 100, 5)),
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
    #expect(
      plan.position(example.state, now: Self.now, expectedGroups: Self.expectedGroups)
        == example.position)
  }

  @Test func whatIsOldByOurOwnClockGoesWhateverRedisSays() {
    // A day ahead of us, all entries.
    let ahead = Self.now + 86_400_000
    let state = Self.state(
      entries: 100, first: ahead, last: ahead, Self.group("postgres", delivered: ahead),
      Self.group("influxdb", delivered: ahead))
    func position(_ expired: StreamID?) -> StreamID? {
      plan.position(
        state, now: Self.now, expired: expired, expectedGroups: Self.expectedGroups)
    }
    #expect(position(nil) == nil)
    #expect(position(Self.id(ahead, 2)) == Self.id(ahead, 3))
    #expect(position(Self.id(ahead, 9)) == Self.id(ahead, 5), "but nothing unread")
  }

  @Test func pendingEntriesAtAnUnknownPlaceHoldEverything() {
    let unknown = JournalState.Group(
      name: "postgres", lastDelivered: Self.id(Self.now), oldestPending: nil, pending: 2,
      undelivered: 0)
    let state = Self.state(entries: 999, unknown, Self.group("influxdb", delivered: Self.now))
    #expect(
      plan.position(state, now: Self.now, expectedGroups: Self.expectedGroups) == nil)
  }

  @Test func lagCountsUndeliveredAndPending() {
    func lag(_ delivered: UInt64, pending: Int, undelivered: Int?) -> Double {
      let group = JournalState.Group(
        name: "g", lastDelivered: Self.id(delivered, 4), oldestPending: nil, pending: pending,
        undelivered: undelivered)
      return JournalMetrics.lag(of: group, in: Self.state(entries: 50, group))
    }
    #expect(lag(9_500_000, pending: 3, undelivered: 7) == 10)
    #expect(lag(Self.now, pending: 3, undelivered: nil) == 3)
    #expect(lag(Self.now, pending: 3, undelivered: 7) == 3, "seven were deleted unread")
    #expect(lag(0, pending: 3, undelivered: nil) == 53)
    #expect(lag(9_500_000, pending: 3, undelivered: nil).isNaN)
  }
}

@Suite struct JournalAgeTests {
  private func id(_ sequence: UInt64) -> StreamID { StreamID(milliseconds: 7, sequence: sequence) }

  @Test func whatWasSeenBeforeTheRetentionHasExpired() {
    var age = JournalAge(retention: .seconds(600))
    for second in 0...1_200 {
      age.note(last: id(UInt64(second)), at: .seconds(second))
      let expected = second < 600 ? nil : UInt64(second - 600)
      // A sixty-fourth of the retention lies between two moments that are remembered.
      let expired = age.expired.map(\.sequence)
      if let expected {
        #expect(expired.map { (expected < 10 ? 0 : expected - 10)...expected ~= $0 } == true)
      } else {
        #expect(expired == nil)
      }
    }
  }

  @Test func nothingOfAnotherJournalHasExpired() {
    var age = JournalAge(retention: .seconds(10))
    age.note(last: id(50), at: .zero)
    age.note(last: id(60), at: .seconds(10))
    #expect(age.expired == id(50))
    age.note(last: id(3), at: .seconds(11))
    #expect(age.expired == nil)
    age.note(last: id(5), at: .seconds(21))
    #expect(age.expired == id(3))
  }

  @Test func withoutRetentionAllHasExpired() {
    var age = JournalAge(retention: .zero)
    age.note(last: id(5), at: .seconds(1))
    #expect(age.expired == id(5))
  }
}

@Suite struct ExpectedGroupsTests {
  private func state(first: UInt64?, last: UInt64, _ groups: String...) -> JournalState {
    JournalState(
      entries: first == nil ? 0 : 1, first: first.map { StreamID(milliseconds: $0, sequence: 0) },
      last: StreamID(milliseconds: last, sequence: 0),
      groups: groups.map {
        JournalState.Group(
          name: $0, lastDelivered: .zero, oldestPending: nil, pending: 0, undelivered: 0)
      })
  }

  @Test func theGroupsOfAJournalThatIsLostAreAwaited() {
    for lost in [state(first: nil, last: 0), state(first: 300, last: 300, "postgres")] {
      var expected = ExpectedGroups(declared: ["postgres"])
      expected.note(state(first: 100, last: 200, "postgres", "influxdb"))
      #expect(expected.names == ["postgres"])
      expected.note(lost)
      let again = state(first: 300, last: 400, "postgres")
      expected.note(again)
      #expect(expected.names == ["postgres", "influxdb"])
      #expect(expected.missing(in: again) == ["influxdb"])
      let whole = state(first: 300, last: 500, "postgres", "influxdb")
      expected.note(whole)
      #expect(expected.missing(in: whole).isEmpty)
    }
  }

  @Test func aGroupThatSomebodyDestroysIsNot() {
    var expected = ExpectedGroups(declared: ["postgres"])
    expected.note(state(first: 100, last: 200, "postgres", "influxdb"))
    expected.note(state(first: 150, last: 300, "postgres"))
    #expect(expected.names == ["postgres"])
    // The same while all has been trimmed.
    expected.note(state(first: nil, last: 300, "postgres", "influxdb"))
    expected.note(state(first: nil, last: 300, "postgres"))
    #expect(expected.names == ["postgres"])
  }

  @Test func anAbsenceIsToldOnce() {
    var absence = GroupAbsence(patience: .seconds(60))
    var told = [0, 59, 60, 61, 200].map { absence.shouldBeTold(["influxdb"], at: .seconds($0)) }
    #expect(told == [false, false, true, false, false])
    told = [[], ["influxdb"]].map { absence.shouldBeTold($0, at: .seconds(201)) }
    #expect(told == [false, false])
    told = [260, 261].map { absence.shouldBeTold(["influxdb"], at: .seconds($0)) }
    #expect(told == [false, true], "the next absence is told as well")
  }
}
