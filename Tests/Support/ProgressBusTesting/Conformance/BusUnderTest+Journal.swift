import EventBus
import NIOCore
import Testing

extension BusUnderTest {
  func checkOrderAndBytes() async throws {
    let every = ByteBuffer(bytes: Array("{".utf8) + (0...255) + Array("}".utf8))
    try await publish([
      PublishedEvent(eventType: "a", payload: every),
      PublishedEvent(eventType: "b", payload: ByteBuffer(string: "{}")),
    ])
    try await publish(numbers: 1...1_000)
    let entries = try await journal.entries(after: .zero, limit: 2_000)
    try #require(entries.count == 1_002)
    #expect(entries[0].eventType == "a")
    #expect(entries[0].payload == every)
    #expect(entries[0].target == nil)
    #expect(entries[1].payload == ByteBuffer(string: "{}"))
    #expect(
      entries.dropFirst(2).map { String(buffer: $0.payload) }
        == (1...1_000).map { #"{"n":\#($0)}"# })
    #expect(entries.map(\.id) == entries.map(\.id).sorted())
    let behind = try await journal.entries(after: entries[10].id, limit: 3)
    #expect(behind == Array(entries[11...13]))
    #expect(try await journal.entries(after: entries.last!.id, limit: 3) == [])
  }

  /// Small entries have made reads large when large ones come.
  func checkByteLimits() async throws {
    try await journal.createGroup("g")
    let large = PublishedEvent(
      eventType: "large", payload: ByteBuffer(string: String(repeating: " ", count: 10_000)))
    try await publish(numbers: 1...200)
    try await publish(Array(repeating: large, count: 200))
    let all = try await journal.entries(after: .zero, limit: 1_000)
    try #require(all.count == 400)

    var ranges: [[JournalEntry]] = []
    while let range = try? await journal.entries(
      after: ranges.last?.last?.id ?? .zero, limit: 1_000, bytes: 35_000), !range.isEmpty
    { ranges.append(range) }
    #expect(ranges.flatMap { $0 } == all)
    #expect(ranges.allSatisfy { $0.count < 4 || $0[3].eventType != "large" })
    let one = try await journal.entries(after: all[200].id, limit: 9, bytes: 1)
    #expect(one == [all[201]], "one comes however large it is")

    var reads: [[JournalEntry]] = []
    repeat {
      reads.append(
        try await journal.read(
          group: "g", consumer: "c", count: 1_000, bytes: 300_000, wait: .milliseconds(5)))
    } while reads.last?.isEmpty == false
    #expect(reads.flatMap { $0 } == all)
    #expect(reads[0].count >= 200, "what is small comes in one read")
    let bytes = reads.map { $0.reduce(0) { $0 + $1.payload.readableBytes } }
    #expect(bytes.allSatisfy { $0 <= 300_000 + 15 * 10_000 })
  }

  func checkGroups() async throws {
    try await journal.createGroup("one")
    try await publish(numbers: 1...10)
    try await journal.createGroup("two")
    try await journal.createGroup("one")
    for group in ["one", "two"] {
      let first = try await journal.read(group: group, consumer: "a", count: 6, wait: .zero)
      let rest = try await journal.read(group: group, consumer: "b", count: 6, wait: .zero)
      #expect(first.count == 6 && rest.count == 4, "\(group) starts at the oldest entry")
      #expect(Set((first + rest).map(\.id)).count == 10)
      #expect(
        try await journal.read(group: group, consumer: "a", count: 6, wait: .milliseconds(5)) == [])
    }
  }

  func checkWait() async throws {
    try await journal.createGroup("g")
    async let read = journal.read(group: "g", consumer: "c", count: 10, wait: .seconds(30))
    try await eventually("the reader waits") { try await journal.state().groups.count == 1 }
    try await publish(numbers: 1...1)
    #expect(try await read.count == 1)
  }

  func checkConcurrentReaders() async throws {
    let groups = (1...6).map { "g\($0)" }
    for group in groups { try await journal.createGroup(group) }
    try await journal.createGroup("busy")
    // Six readers find nothing to read; a seventh group must be served meanwhile.
    let waiting = groups.map { group in
      Task { try await journal.read(group: group, consumer: "c", count: 1, wait: .seconds(60)) }
    }
    for number in 1...3 {
      try await publish(numbers: number...number)
      let read = try await journal.read(group: "busy", consumer: "c", count: 1, wait: .seconds(30))
      #expect(read.count == 1)
    }
    for reader in waiting { #expect(try await reader.value.count == 1) }
  }

  func checkCancellation() async throws {
    try await journal.createGroup("g")
    let reader = Task {
      try await journal.read(group: "g", consumer: "c", count: 1, wait: .seconds(600))
    }
    reader.cancel()
    #expect(try await reader.value == [])
    // Nothing was taken away by the reader that left.
    try await publish(numbers: 1...1)
    #expect(try await journal.read(group: "g", consumer: "c", count: 1, wait: .zero).count == 1)
  }

  func checkMissingGroup() async throws {
    try await journal.createGroup("g")
    try await publish(numbers: 1...3)
    try await loseEverything()
    func expectNoGroup(_ body: () async throws -> Void) async {
      let error = await #expect(throws: BusError.self) { try await body() }
      guard case .noGroup = error else {
        Issue.record("not `noGroup` but \(String(describing: error))")
        return
      }
    }
    await expectNoGroup {
      _ = try await journal.read(group: "g", consumer: "c", count: 1, wait: .milliseconds(10))
    }
    await expectNoGroup {
      _ = try await journal.claimAbandoned(group: "g", consumer: "c", idle: .zero, count: 1)
    }
    try await journal.leave(group: "g", consumer: "c")
    #expect(
      try await journal.state() == JournalState(entries: 0, first: nil, last: .zero, groups: []))
    try await journal.createGroup("g")
    try await publish(numbers: 1...1)
    #expect(try await journal.read(group: "g", consumer: "c", count: 9, wait: .zero).count == 1)
  }

  func checkClaim() async throws {
    try await journal.createGroup("g")
    try await publish(numbers: 1...50)
    let read = try await journal.read(group: "g", consumer: "dead", count: 50, wait: .zero)
    try await journal.acknowledge(group: "g", ids: Array(read.prefix(10).map(\.id)))
    #expect(
      try await journal.claimAbandoned(group: "g", consumer: "live", idle: .seconds(600), count: 99)
        == [])
    let first = try await journal.claimAbandoned(
      group: "g", consumer: "live", idle: .zero, count: 15)
    #expect(first.map(\.entry) == Array(read[10..<25]))
    #expect(first.allSatisfy { $0.attempts == 1 }, "a claim alone counts for nothing")
    try await journal.noteAttempt(
      group: "g", consumer: "live", ids: first.map(\.entry.id), attempts: 2)
    let all = try await journal.claimAbandoned(
      group: "g", consumer: "other", idle: .zero, count: 99)
    #expect(all.map(\.entry) == Array(read[10...]))
    #expect(
      all.map(\.attempts) == Array(repeating: 2, count: 15) + Array(repeating: 1, count: 25))
    try await journal.noteAttempt(
      group: "g", consumer: "other", ids: [read[0].id, read[10].id], attempts: 7)
    #expect(
      try await journal.state().groups.first?.pending == 40, "acknowledged stays acknowledged")
    // Entries that are gone from the journal can be claimed by nobody.
    _ = try await journal.trim(before: read[40].id)
    let rest = try await journal.claimAbandoned(group: "g", consumer: "x", idle: .zero, count: 99)
    #expect(rest.map(\.entry) == Array(read[40...]))
    #expect(try await journal.state().groups.first?.pending == 10)
  }

  func checkTouch() async throws {
    try await publish(numbers: 1...4)
    // An entry that was touched has to be claimed around within `idle`: a slow machine gets longer.
    var group = ""
    var ids: [StreamID] = []
    var wasInTime = false
    for attempt in 1...6 where !wasInTime {
      let idle = Duration.milliseconds(150 << attempt)
      group = "g\(attempt)"
      try await journal.createGroup(group)
      ids = try await journal.read(group: group, consumer: "a", count: 4, wait: .zero).map(\.id)
      try await Task.sleep(for: idle + .milliseconds(10))
      let touched = ContinuousClock.now
      try await journal.touch(group: group, consumer: "a", ids: [ids[1]])
      let claimed = try await journal.claimAbandoned(
        group: group, consumer: "b", idle: idle, count: 9)
      wasInTime = .now - touched < idle
      if wasInTime { #expect(claimed.map(\.entry.id) == [ids[0], ids[2], ids[3]]) }
    }
    #expect(wasInTime, "no claim came within the idle time")
    let state = { try await self.journal.state().groups.first { $0.name == group } }
    try await journal.leave(group: group, consumer: "a")
    try await journal.acknowledge(group: group, ids: [ids[1]])
    try await journal.touch(group: group, consumer: "a", ids: [ids[1]])
    #expect(try await state()?.pending == 3, "acknowledged stays acknowledged")
    try await journal.leave(group: group, consumer: "a")
    #expect(try await state()?.pending == 3)
  }

  func checkState() async throws {
    #expect(
      try await journal.state() == JournalState(entries: 0, first: nil, last: .zero, groups: []))
    try await publish(numbers: 1...10)
    try await journal.createGroup("a")
    try await journal.createGroup("b")
    let read = try await journal.read(group: "a", consumer: "c", count: 4, wait: .zero)
    try await journal.acknowledge(group: "a", ids: [read[0].id])
    let entries = try await journal.entries(after: .zero, limit: 10)
    let state = try await journal.state()
    #expect(state.entries == 10)
    #expect(state.first == entries[0].id)
    #expect(state.last == entries[9].id)
    #expect(
      state.groups == [
        JournalState.Group(
          name: "a", lastDelivered: read[3].id, oldestPending: read[1].id, pending: 3,
          undelivered: 6),
        JournalState.Group(
          name: "b", lastDelivered: .zero, oldestPending: nil, pending: 0, undelivered: 10),
      ])
  }

  func checkTrim() async throws {
    try await publish(numbers: 1...10)
    let entries = try await journal.entries(after: .zero, limit: 10)
    #expect(try await journal.trim(before: entries[4].id) == 4)
    #expect(try await journal.trim(before: entries[4].id) == 0)
    #expect(try await journal.entries(after: .zero, limit: 99) == Array(entries[4...]))
    #expect(try await journal.state().first == entries[4].id)
    let behindAll = StreamID(milliseconds: entries[9].id.milliseconds + 1, sequence: 0)
    #expect(try await journal.trim(before: behindAll) == 6)
    let state = try await journal.state()
    #expect(state.entries == 0 && state.first == nil && state.last == entries[9].id)
  }

  func checkCapacity() async throws {
    let capacity = BusConformance.journalCapacity
    for start in stride(from: 1, through: capacity - 100, by: 100) {
      try await publish(numbers: start...(start + 99))
    }
    try await publish(numbers: 1...99)
    await #expect(throws: BusError.full) { try await publish(numbers: 1...2) }
    #expect(try await journal.state().entries == capacity - 1, "all or none")
    try await publish(numbers: 1...1)
    await #expect(throws: BusError.full) { try await publish(numbers: 1...1) }
    let second = try await journal.entries(after: .zero, limit: 2)[1].id
    _ = try await journal.trim(before: second)
    try await publish(numbers: 1...1)
  }
}
