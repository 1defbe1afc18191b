import Broadcaster
import Concurrency
import EventBus
import HTTPServerTesting
import NIOCore
import ProgressBusTesting
import Testing

@Suite struct BroadcastHubTests {
  private static func event(_ number: Int, course: String = "swift-101") -> String {
    #"{"event_id":"\#(number)","course_id":"\#(course)"}"#
  }

  private static func events(_ range: Range<Int>) -> [String] { range.map { event($0) } }

  @Test func everySubscriberGetsEveryEventOnceInOrderBehindAHello() async throws {
    let bus = FakeBus()
    let before = try await bus.publish(Self.events(0..<3))
    try await withHub(bus) { port, _ in
      var dashboards: [Dashboard] = []
      for _ in 0..<20 { dashboards.append(try await Dashboard(port: port)) }
      for dashboard in dashboards {
        #expect(try await dashboard.next() == .hello(before[2].description))
      }
      var ids: [StreamID] = []
      for batch in 0..<50 { ids += try await bus.publish(Self.events(batch..<batch + 4)) }
      for dashboard in dashboards {
        #expect(try await dashboard.next(200) == ids.map { .event($0.description) })
        dashboard.close()
      }
    }
  }

  @Test func aCourseFilterLetsItsOwnEventsThroughEscapesAndDefaultsIncluded() async throws {
    let bus = FakeBus()
    try await withHub(bus) { port, _ in
      let one = try await Dashboard(port: port, query: "?course_id=caf%C3%A9+1")
      let plus = try await Dashboard(port: port, query: "?course_id=caf%C3%A9%2B1")
      let other = try await Dashboard(port: port, query: "?course_id=default")
      let all = try await Dashboard(port: port)
      for dashboard in [one, plus, other, all] { _ = try await dashboard.next() }
      let ids = try await bus.publish([
        Self.event(0, course: "café 1"), Self.event(1, course: "other"),
        #"{"event_id":"2","nested":{"course_id":"café 1"}}"#,
        Self.event(3, course: #"caf\u00e9 1"#), Self.event(4, course: "café+1"),
      ]).map { Line.event($0.description) }
      #expect(try await one.next(2) == [ids[0], ids[3]])
      #expect(try await plus.next() == ids[4])
      #expect(try await other.next() == ids[2])
      #expect(try await all.next(5) == ids)
      for dashboard in [one, plus, other, all] { dashboard.close() }
    }
  }

  @Test func aMessageThatWasPublishedByHandIsNotRelayed() async throws {
    let bus = FakeBus()
    try await withHub(bus) { port, _ in
      let dashboard = try await Dashboard(port: port)
      _ = try await dashboard.next()
      try await bus.publishByHand(Self.event(0))
      let id = try await bus.publish([Self.event(1)])[0]
      #expect(try await dashboard.next() == .event(id.description))
      dashboard.close()
    }
  }

  @Test func aSubscriberThatNamesItsPositionGetsWhatItMissedThenThePresent() async throws {
    let bus = FakeBus()
    var configuration = BroadcastConfiguration()
    configuration.replayPageSize = 10
    let old = try await bus.publish(Self.events(0..<100))
    bus.appendForOneSink(Self.event(1000))
    try await withHub(bus, configuration: configuration) { port, _ in
      let dashboard = try await Dashboard(port: port, query: "?after=\(old[36])")
      #expect(try await dashboard.next() == .hello("1-100"))
      #expect(try await dashboard.next(63) == old[37...].map { .event($0.description) })
      let id = try await bus.publish([Self.event(100)])[0]
      #expect(try await dashboard.next() == .event(id.description))
      let upToDate = try await Dashboard(port: port, query: "?after=\(id)")
      #expect(try await upToDate.next() == .hello(id.description))
      dashboard.close()
      upToDate.close()
    }
  }

  @Test func replaysLoseAndDoubleNothingWhileEventsGoOnWhateverCouldBeHeld() async throws {
    let bus = FakeBus()
    var configuration = BroadcastConfiguration()
    configuration.replayPageSize = 20
    configuration.maximumHeldBytes = 500
    configuration.maximumFrameSize = 300
    let old = try await bus.publish(Self.events(0..<2000))
    try await withHub(bus, configuration: configuration) { port, _ in
      let publishing = Task {
        var ids: [StreamID] = []
        for batch in 0..<300 {
          ids += try await bus.publish(Self.events(batch..<batch + 5))
          try await Task.sleep(for: .microseconds(300))
        }
        return ids
      }
      try await withThrowingTaskGroup(of: (Int, [Line]).self) { group in
        for number in 0..<8 {
          group.addTask {
            let start = number * 200
            let dashboard = try await Dashboard(
              port: port,
              query: "?after=\(old[start])" + (number % 2 == 0 ? "" : "&course_id=swift-101"))
            _ = try await dashboard.next()
            let lines = try await dashboard.next(2000 - start - 1 + 1500)
            dashboard.close()
            return (start, lines)
          }
        }
        let new = try await publishing.value
        for try await (start, lines) in group {
          let expected = (old[(start + 1)...] + new).map { Line.event($0.description) }
          let wrong = zip(lines, expected).first { $0 != $1 }
          #expect(wrong.map { "\($0) for \($1)" } == nil)
        }
      }
    }
  }

  @Test func whatIsNoLongerThereIsAnnouncedAsAGap() async throws {
    let bus = FakeBus()
    let ids = try await bus.publish(Self.events(0..<10))
    _ = try await bus.trim(before: ids[5])
    try await withHub(bus) { port, _ in
      let trimmed = try await Dashboard(port: port, query: "?after=\(ids[2])")
      _ = try await trimmed.next()
      #expect(
        try await trimmed.next() == .gap(after: "\(ids[2])", first: ids[5].description))
      #expect(try await trimmed.next(5) == ids[5...].map { .event($0.description) })

      let kept = try await Dashboard(port: port, query: "?after=\(ids[5])")
      _ = try await kept.next()
      #expect(try await kept.next(4) == ids[6...].map { .event($0.description) })

      let future = try await Dashboard(port: port, query: "?after=99999-0")
      _ = try await future.next()
      #expect(try await future.next() == .gap(after: "99999-0", first: ids[5].description))
      #expect(try await future.next(5) == ids[5...].map { .event($0.description) })

      let everything = try await Dashboard(port: port, query: "?after=0-0")
      _ = try await everything.next()
      #expect(try await everything.next(5) == ids[5...].map { .event($0.description) })
      for dashboard in [trimmed, kept, future, everything] { dashboard.close() }
    }
  }

  @Test func aChannelThatWasLostLeavesNoGap() async throws {
    let bus = FakeBus()
    try await withHub(bus) { port, hub in
      let dashboard = try await Dashboard(port: port)
      _ = try await dashboard.next()
      var ids = try await bus.publish(Self.events(0..<5))
      try await bus.lose()
      #expect(!hub.accepts)
      ids += try await bus.publish(Self.events(5..<2000))
      bus.setJournalDown(true)
      try await bus.subscribe()
      bus.setJournalDown(false)
      ids += try await bus.publish(Self.events(2000..<2010))
      #expect(try await dashboard.next(2010) == ids.map { .event($0.description) })
      dashboard.close()
    }
  }

  @Test func aGapThatCannotBeFilledIsAnnouncedToThoseWhoAreThere() async throws {
    let bus = FakeBus()
    try await withHub(bus) { port, _ in
      let dashboard = try await Dashboard(port: port)
      _ = try await dashboard.next()
      let before = try await bus.publish(Self.events(0..<2))
      try await bus.lose()
      let missed = try await bus.publish(Self.events(2..<10))
      _ = try await bus.trim(before: missed[4])
      try await bus.subscribe()
      #expect(try await dashboard.next(2) == before.map { .event($0.description) })
      #expect(
        try await dashboard.next() == .gap(after: "\(before[1])", first: "\(missed[4])"))
      #expect(try await dashboard.next(4) == missed[4...].map { .event($0.description) })
      dashboard.close()
    }
  }

  @Test func aBusThatComesBackEmptyIsAnnouncedAndItsNewEventsAreRelayed() async throws {
    let bus = FakeBus()
    try await withHub(bus) { port, hub in
      let dashboard = try await Dashboard(port: port)
      _ = try await dashboard.next()
      let before = try await bus.publish(Self.events(0..<5), milliseconds: 500)
      #expect(try await dashboard.next(5) == before.map { .event($0.description) })
      try await bus.lose()
      bus.forget()
      let after = try await bus.publish(Self.events(5..<8), milliseconds: 100)
      try await bus.subscribe()
      #expect(try await dashboard.next() == .gap(after: "\(before[4])", first: "\(after[0])"))
      #expect(try await dashboard.next(3) == after.map { .event($0.description) })
      let resuming = try await Dashboard(port: port, query: "?after=\(before[2])")
      #expect(try await resuming.next() == .hello("\(after[2])"))
      #expect(try await resuming.next() == .gap(after: "\(before[2])", first: "\(after[0])"))
      #expect(try await resuming.next(3) == after.map { .event($0.description) })
      dashboard.close()
      resuming.close()
    }
  }

  @Test func aSubscriberThatDoesNotReadIsClosedWith4008AndNobodyElseWaits() async throws {
    let bus = FakeBus()
    try await withHub(bus) { port, _ in
      let slow = try await Dashboard(port: port)
      try await slow.client.channel.setOption(.autoRead, value: false).get()
      let quick = try await Dashboard(port: port)
      _ = try await quick.next()
      let padding = String(repeating: "x", count: 20_000)
      var ids: [StreamID] = []
      for _ in 0..<40 {
        ids += try await bus.publish(
          (0..<25).map { _ in #"{"event_id":"1","padding":"\#(padding)"}"# })
        #expect(try await quick.next(25) == ids.suffix(25).map { .event($0.description) })
      }
      try await slow.client.channel.setOption(.autoRead, value: true).get()
      _ = try await slow.next()
      var received: [Line] = []
      while true {
        let line = try await slow.next()
        if case .closed(let code) = line {
          #expect(code == 4008)
          break
        }
        received.append(line)
      }
      #expect(received.count < ids.count)
      #expect(received == ids.prefix(received.count).map { .event($0.description) })
      quick.close()
    }
  }

  @Test func aSubscriberThatIsSlowButReadsOnMakesNobodyElseLate() async throws {
    let bus = FakeBus()
    let padding = String(repeating: "x", count: 20_000)
    let event = #"{"event_id":"1","padding":"\#(padding)"}"#
    try await withHub(bus) { port, hub in
      let slow = try await SlowDashboard(port: port)
      let quick = [try await Dashboard(port: port), try await Dashboard(port: port)]
      for dashboard in quick { _ = try await dashboard.next() }
      try await eventually("all have joined") { hub.subscriberCount == 3 }
      // Moves as long as it is there, so that a hub that waits for those who read on would wait for it.
      let reading = Task {
        while hub.subscriberCount == 3 {
          slow.readPiece()
          try await Task.sleep(for: .milliseconds(200))
        }
      }
      var ids: [StreamID] = []
      for _ in 0..<50 {
        ids += try await bus.publish(Array(repeating: event, count: 20))
        for dashboard in quick {
          #expect(try await dashboard.next(20) == ids.suffix(20).map { .event($0.description) })
        }
      }
      // 20 MB have reached the others.
      #expect(slow.mostBytesRead < ids.count * padding.count / 2)
      reading.cancel()
      try await slow.dashboard.readOn()
      var received: [Line] = []
      while let line = try await slow.dashboard.next().unlessClosed { received.append(line) }
      #expect(
        received.dropFirst() == ids.prefix(received.count - 1).map { .event($0.description) }[...])
      for dashboard in quick { dashboard.close() }
    }
  }

  @Test func aReplayThatCannotReadTheJournalSaysSoInsteadOfLeavingAGap() async throws {
    let bus = FakeBus()
    var configuration = BroadcastConfiguration()
    configuration.replayRetries = 2
    configuration.replayBackoff = Backoff(
      first: .milliseconds(5), longest: .milliseconds(10), jitter: .none)
    let ids = try await bus.publish(Self.events(0..<10))
    try await withHub(bus, configuration: configuration) { port, _ in
      bus.setJournalDown(true)
      let dashboard = try await Dashboard(port: port, query: "?after=\(ids[0])")
      #expect(try await dashboard.next() == .hello("\(ids[9])"))
      #expect(try await dashboard.next() == .closed(1013))
      dashboard.close()
    }
  }

  @Test func aLongReplayIsReadNoFasterThanItsSubscriberTakesIt() async throws {
    let bus = FakeBus()
    let padding = String(repeating: "x", count: 10_000)
    for _ in 0..<20 {
      try await bus.publish(
        (0..<500).map { _ in #"{"event_id":"1","padding":"\#(padding)"}"# })
    }
    var configuration = BroadcastConfiguration()
    configuration.replayPageSize = 50
    try await withHub(bus, configuration: configuration) { port, _ in
      let slow = try await Dashboard(port: port, query: "?after=0-0")
      try await slow.client.channel.setOption(.autoRead, value: false).get()
      // Once the socket is full, the journal is left alone.
      var reads = -1
      while reads != bus.reads {
        reads = bus.reads
        try await Task.sleep(for: .milliseconds(200))
      }
      #expect(reads < 150)
      try await slow.client.channel.setOption(.autoRead, value: true).get()
      _ = try await slow.next()
      let lines = try await slow.next(10_000)
      #expect(Set(lines.map(\.description)).count == 10_000)
      slow.close()
    }
  }

  /// Where replays tell how little they read, and how much there is.
  private static func busOfLargeEvents(_ count: Int) async throws -> FakeBus {
    let bus = FakeBus()
    let padding = String(repeating: "x", count: 60_000)
    for _ in 0..<count { try await bus.publish([#"{"event_id":"1","padding":"\#(padding)"}"#]) }
    return bus
  }

  @Test func aReplayReadsLittleAtATimeHoweverLargeTheEventsAre() async throws {
    let bus = try await Self.busOfLargeEvents(300)
    try await withHub(bus) { port, _ in
      let dashboard = try await Dashboard(port: port, query: "?after=0-0")
      _ = try await dashboard.next()
      #expect(try await dashboard.next(300).count == 300)
      #expect(bus.mostBytesRead <= 256 * 1024)
      dashboard.close()
    }
  }

  @Test func aReplayBeyondTheLimitIsToldToComeBackAndPlacesComeFreeAgain() async throws {
    let bus = FakeBus()
    var configuration = BroadcastConfiguration()
    configuration.maximumReplays = 1
    configuration.replayRetries = .max
    configuration.replayBackoff = Backoff(
      first: .milliseconds(5), longest: .milliseconds(10), jitter: .none)
    let ids = try await bus.publish(Self.events(0..<10))
    try await withHub(bus, configuration: configuration) { port, hub in
      bus.setJournalDown(true)
      let first = try await Dashboard(port: port, query: "?after=\(ids[0])")
      #expect(try await first.next() == .hello("\(ids[9])"))
      try await eventually("its replay is under way") { !hub.accepts("?after=0-0") }
      let refused = await #expect(throws: Dashboard.Refused.self) {
        try await Dashboard(port: port, query: "?after=\(ids[0])")
      }
      #expect(refused?.response.status == 503)
      #expect(refused?.response.headers["retry-after"] == "2")
      // Who asks for no replay is served.
      let live = try await Dashboard(port: port)
      #expect(try await live.next() == .hello("\(ids[9])"))
      bus.setJournalDown(false)
      #expect(try await first.next(9) == ids[1...].map { .event($0.description) })
      try await eventually("the place is free") { hub.accepts("?after=0-0") }
      for dashboard in [first, live] { dashboard.close() }
    }
  }

  @Test func aSubscriberBeyondTheLimitIsToldToComeBackAndPlacesComeFreeAgain() async throws {
    let bus = FakeBus()
    var configuration = BroadcastConfiguration()
    configuration.maximumSubscribers = 1
    try await withHub(bus, configuration: configuration) { port, hub in
      let first = try await Dashboard(port: port)
      _ = try await first.next()
      let refused = await #expect(throws: Dashboard.Refused.self) {
        try await Dashboard(port: port)
      }
      #expect(refused?.response.status == 503)
      #expect(refused?.response.headers["retry-after"] == "2")
      first.close()
      try await eventually("the place is free") { hub.subscriberCount == 0 }
      let next = try await Dashboard(port: port)
      _ = try await next.next()
      next.close()
    }
  }

  @Test func aReplayOfWhichNothingIsTakenIsClosed() async throws {
    let bus = try await Self.busOfLargeEvents(800)
    var configuration = BroadcastConfiguration()
    configuration.replayStallTimeout = .milliseconds(200)
    configuration.slowCloseTimeout = .seconds(60)
    try await withHub(bus, configuration: configuration) { port, hub in
      let slow = try await Dashboard(port: port, query: "?after=0-0", isPaused: true)
      // The handshake is answered before the subscriber joins.
      try await eventually("its replay reads") { bus.reads > 0 }
      try await eventually("it has left") { hub.subscriberCount == 0 }
      try await eventually("its place is free") { hub.replayCount == 0 }
      try await slow.readOn()
      var last = try await slow.next()
      while last.unlessClosed != nil { last = try await slow.next() }
      #expect(last == .closed(4008))
    }
  }

  @Test(arguments: [
    ("?after=yesterday", 400), ("?after=1-2-3", 400), ("?after=1", 400),
    ("?after=1-1&after=2-2", 400), ("?course_id=%FF", 400),
    ("?course_id=\(String(repeating: "x", count: 129))", 400),
  ])
  func aSubscriptionThatCannotBeIsRefused(query: String, status: Int) async throws {
    try await withHub(FakeBus()) { port, _ in
      let refused = await #expect(throws: Dashboard.Refused.self) {
        try await Dashboard(port: port, query: query)
      }
      #expect(refused?.response.status == status)
      let parameter = query.contains("after") ? "after" : "course_id"
      #expect(refused?.response.body.contains(#""parameter":"\#(parameter)""#) == true)
    }
  }

  @Test func whileTheBusIsAwayAClientIsToldToComeBack() async throws {
    try await withHub(FakeBus(), isSubscribed: false) { port, _ in
      let refused = await #expect(throws: Dashboard.Refused.self) {
        try await Dashboard(port: port)
      }
      #expect(refused?.response.status == 503)
      #expect(refused?.response.headers["retry-after"] == "2")
    }
  }
}
