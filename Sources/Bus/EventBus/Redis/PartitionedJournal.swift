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
  /// The stream that the next read asks first, or it would always be the same that waits.
  private let first = NIOLockedValueBox(0)

  init(_ streams: [RedisJournal], client: RedisClient, readers: BlockingConnections) {
    self.streams = streams
    self.client = client
    self.readers = readers
  }

  var partitions: [any Journal] { streams }

  // MARK: Reading in a group

  func createGroup(_ group: String) async throws(BusError) {
    for stream in streams { try await stream.createGroup(group) }
  }

  func read(
    group: String, consumer: String, count: Int, bytes: Int, wait: Duration
  ) async throws(BusError) -> [JournalEntry] {
    let count = max(count, 1)
    let end = ContinuousClock.now + wait
    while true {
      let order = nextOrder()
      let there = try await readThere(
        order, group: group, consumer: consumer, count: count, bytes: bytes)
      let left = end - .now
      guard there.isEmpty, left > .zero, !Task.isCancelled else { return there }
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
      let replies = try await client.run(
        asked.map { $0.reading(group: group, consumer: consumer, count: share, bytes: bytesEach) })
      for (stream, reply) in zip(asked, replies) {
        let entries = try JournalReplies.entries(reply, in: stream.partition)
        let size = entries.reduce(0) { $0 + $1.payload.readableBytes + $1.eventType.utf8.count }
        read += entries
        bytesLeft -= min(size, bytesLeft)
        // The script counts the names of fields too.
        if entries.count == share || size + 2 * entries.count >= bytesEach {
          waiting.append(stream)
        }
      }
    }
    return read
  }

  func claimAbandoned(
    group: String, consumer: String, idle: Duration, count: Int
  ) async throws(BusError) -> [ClaimedEntry] {
    var claimed: [ClaimedEntry] = []
    for stream in nextOrder() where claimed.count < count {
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

  private func forEach(
    of ids: [StreamID], _ body: (RedisJournal, [StreamID]) async throws(BusError) -> Void
  ) async throws(BusError) {
    let parts = Dictionary(grouping: ids, by: \.partition)
    for stream in streams {
      if let ids = parts[stream.partition] { try await body(stream, ids) }
    }
  }

  func leave(group: String, consumer: String) async throws(BusError) {
    for stream in streams { try await stream.leave(group: group, consumer: consumer) }
  }

  func forgetConsumers(of group: String, silentFor: Duration) async throws(BusError) -> Int {
    var forgotten = 0
    for stream in streams {
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
