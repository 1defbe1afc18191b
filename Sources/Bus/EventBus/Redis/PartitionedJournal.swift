import NIOConcurrencyHelpers
import NIOCore
import RedisDriver

/// A journal in several partitions, each a stream of its own, as one. What a group reads comes from all of them, as
/// much from each as there is room for; where a place says which, only that one is asked.
final class PartitionedJournal: Journal {
  /// How long a read waits for some of the partitions, where it may not take an entry of each.
  private static let waitForSome = Duration.milliseconds(50)

  private let streams: [RedisJournal]
  private let client: RedisClient
  private let readers: BlockingConnections
  /// Wakes readers in a cluster; nil on one server, where one command waits for all partitions.
  private let arrivals: JournalArrivals?
  /// The stream that the next read asks first, or it would always be the same that waits.
  private let first = NIOLockedValueBox(0)

  init(
    _ streams: [RedisJournal], client: RedisClient, readers: BlockingConnections,
    arrivals: JournalArrivals?
  ) {
    self.arrivals = arrivals
    self.streams = streams
    self.client = client
    self.readers = readers
  }

  var partitions: [any Journal] { streams }

  // MARK: Reading in a group

  func createGroup(_ group: String) async throws(BusError) {
    // Where one cannot be made, reading says that it is missing as soon as it could.
    try await inMost(streams) { (stream) throws(BusError) in try await stream.createGroup(group) }
  }

  /// Does it in every partition of these. One whose server is away stops no other.
  ///
  /// - Throws: when it was done in none; on one server when one of them failed.
  private func inMost(
    _ streams: [RedisJournal], _ body: (RedisJournal) async throws(BusError) -> Void
  ) async throws(BusError) {
    var failure: BusError?
    var isDone = false
    for stream in streams {
      do throws(BusError) {
        try await body(stream)
        isDone = true
      } catch {
        guard arrivals != nil else { throw error }
        failure = failure ?? error
      }
    }
    if let failure, !isDone { throw failure }
  }

  func read(
    group: String, consumer: String, count: Int, bytes: Int, wait: Duration
  ) async throws(BusError) -> [JournalEntry] {
    let count = max(count, 1)
    let end = ContinuousClock.now + wait
    while true {
      let order = nextOrder()
      let version = arrivals?.version
      let there = try await readThere(
        order, group: group, consumer: consumer, count: count, bytes: bytes)
      let left = end - .now
      guard there.isEmpty, left > .zero, !Task.isCancelled else { return there }
      if let arrivals, let version {
        guard await arrivals.wait(since: version, limit: left) else { return [] }
        continue
      }
      let watched = Array(order.prefix(count))
      let isAll = watched.count == streams.count
      let entries = try await RedisJournal.waitForEntries(
        in: watched, group: group, consumer: consumer,
        count: max(1, min(count, RedisJournal.entriesOfWaitingRead) / watched.count),
        wait: isAll ? left : min(left, Self.waitForSome), by: readers)
      guard entries.isEmpty, !isAll else { return entries }
    }
  }

  private func nextOrder() -> [RedisJournal] {
    let start = first.withLockedValue { first in
      defer { first = (first + 1) % streams.count }
      return first
    }
    return Array(streams[start...] + streams[..<start])
  }

  /// Asks all at once, then those again that had more than their share, as long as there is room.
  private func readThere(
    _ order: [RedisJournal], group: String, consumer: String, count: Int, bytes: Int
  ) async throws(BusError) -> [JournalEntry] {
    var read: [JournalEntry] = []
    var waiting = order[...]
    var bytesLeft = bytes
    while read.count < count, bytesLeft > 0, !waiting.isEmpty {
      let asked = waiting.prefix(count - read.count)
      waiting = waiting.dropFirst(asked.count)
      let share = (count - read.count) / asked.count
      let bytesEach = max(bytesLeft / asked.count, 1)
      let replies = try await client.attempt(
        asked.map { $0.reading(group: group, consumer: consumer, count: share, bytes: bytesEach) })
      var failures: [BusError] = []
      for (stream, reply) in zip(asked, replies) {
        let entries: [JournalEntry]
        switch reply {
        case .success(let reply):
          entries = try JournalReplies.entries(reply, in: stream.partition)
        case .failure(let error):
          failures.append(error)
          continue
        }
        let size = entries.reduce(0) { $0 + $1.payload.readableBytes + $1.eventType.utf8.count }
        read += entries
        bytesLeft -= min(size, bytesLeft)
        // The script counts the names of fields too.
        if entries.count == share || size + 2 * entries.count >= bytesEach {
          waiting.append(stream)
        }
      }
      try judge(failures, isAlone: failures.count == asked.count, hasRead: !read.isEmpty)
    }
    return read
  }

  /// What was read is this consumer's now, and must not be lost to an error of another partition; the next read meets it
  /// again. In a cluster one whose server is away stops no other.
  private func judge(
    _ failures: [BusError], isAlone: Bool, hasRead: Bool
  ) throws(BusError) {
    guard let first = failures.first, !hasRead else { return }
    for case .noGroup(let group) in failures { throw .noGroup(group) }
    if arrivals == nil || isAlone { throw first }
  }

  func claimAbandoned(
    group: String, consumer: String, idle: Duration, count: Int
  ) async throws(BusError) -> [ClaimedEntry] {
    var claimed: [ClaimedEntry] = []
    try await inMost(nextOrder()) { (stream) throws(BusError) in
      guard claimed.count < count else { return }
      claimed += try await stream.claimAbandoned(
        group: group, consumer: consumer, idle: idle, count: count - claimed.count)
    }
    return claimed
  }

  func noteAttempt(
    group: String, consumer: String, ids: [StreamID], attempts: Int
  ) async throws(BusError) {
    try await forEach(of: ids) { (stream, ids) throws(BusError) in
      try await stream.noteAttempt(
        group: group, consumer: consumer, ids: ids, attempts: attempts)
    }
  }

  func touch(group: String, consumer: String, ids: [StreamID]) async throws(BusError) {
    try await forEach(of: ids) { (stream, ids) throws(BusError) in
      try await stream.touch(group: group, consumer: consumer, ids: ids)
    }
  }

  func acknowledge(group: String, ids: [StreamID]) async throws(BusError) {
    try await forEach(of: ids) { (stream, ids) throws(BusError) in
      try await stream.acknowledge(group: group, ids: ids)
    }
  }

  /// What is not acknowledged because its partition's server is away is handed out again, and written again without an
  /// effect.
  private func forEach(
    of ids: [StreamID], _ body: (RedisJournal, [StreamID]) async throws(BusError) -> Void
  ) async throws(BusError) {
    let parts = Dictionary(grouping: ids, by: \.partition)
    try await inMost(streams.filter { parts[$0.partition] != nil }) { (stream) throws(BusError) in
      try await body(stream, parts[stream.partition] ?? [])
    }
  }

  func leave(group: String, consumer: String) async throws(BusError) {
    try await inMost(streams) { (stream) throws(BusError) in
      try await stream.leave(group: group, consumer: consumer)
    }
  }

  func forgetConsumers(of group: String, silentFor: Duration) async throws(BusError) -> Int {
    var forgotten = 0
    try await inMost(streams) { (stream) throws(BusError) in
      forgotten += try await stream.forgetConsumers(of: group, silentFor: silentFor)
    }
    return forgotten
  }

  // MARK: The whole

  func entries(
    after position: StreamID, limit: Int, bytes: Int
  ) async throws(BusError) -> [JournalEntry] {
    for stream in streams where stream.partition >= position.partition {
      let start = stream.partition == position.partition ? position : .zero
      let entries = try await stream.entries(after: start, limit: limit, bytes: bytes)
      if !entries.isEmpty { return entries }
    }
    return []
  }

  func state() async throws(BusError) -> JournalState {
    var states: [JournalState] = []
    for stream in streams { states.append(try await stream.state()) }
    return JournalState(ofPartitions: states)
  }

  /// - Parameter id: of all partitions, where it names none.
  func trim(before id: StreamID) async throws(BusError) -> Int {
    var trimmed = 0
    for stream in streams where id.partition == 0 || id.partition == stream.partition {
      trimmed += try await stream.trim(before: id)
    }
    return trimmed
  }
}
