import Concurrency
import Logging
import NIOCore
import RedisDriver

/// The journal as a Redis stream, or one partition of it.
///
/// Reads that wait block a connection of their own, so groups and lanes do not wait for one another.
public final class RedisJournal: Journal {
  /// The longest that one command blocks, in milliseconds: a cancelled reader returns within it.
  private static let longestBlock = 1_000
  /// Ids in one command.
  private static let idsPerCommand = 1_000

  /// What a read that waits asks for: it goes by entries alone, whatever they weigh.
  static let entriesOfWaitingRead = 16

  static let scripts: [RedisScript] = [
    .createGroup, .leaveGroup, .forgetConsumers, .forgetConsumersExcept, .journalState, .readGroup,
    .readRange, .endOfJournal,
  ]

  let journal: String
  /// From 1; 0 where the stream is the whole journal.
  let partition: UInt16
  private let isInCluster: Bool
  private let reports: String
  let client: RedisClient
  private let readers: BlockingConnections
  private let logger: Logger

  init(
    keys: RedisKeys, index: Int, client: RedisClient, readers: BlockingConnections, logger: Logger
  ) {
    journal = keys.journals[index]
    partition = keys.journals.count == 1 ? 0 : UInt16(index + 1)
    isInCluster = keys.areInCluster
    reports = keys.workers
    self.client = client
    self.readers = readers
    self.logger = logger
  }

  public func createGroup(_ group: String) async throws(BusError) {
    _ = try await client.run(
      ScriptCall(.createGroup, keys: [journal], arguments: [.string(group)]))
  }

  public func read(
    group: String, consumer: String, count: Int, bytes: Int, wait: Duration
  ) async throws(BusError) -> [JournalEntry] {
    let there = try JournalReplies.entries(
      await client.run(reading(group: group, consumer: consumer, count: count, bytes: bytes)),
      in: partition)
    guard there.isEmpty, wait > .zero, !Task.isCancelled else { return there }
    return try await Self.waitForEntries(
      in: [self], group: group, consumer: consumer,
      count: min(max(count, 1), Self.entriesOfWaitingRead), wait: wait, by: readers)
  }

  /// Answers what is there.
  func reading(group: String, consumer: String, count: Int, bytes: Int) -> ScriptCall {
    ScriptCall(
      .readGroup, keys: [journal],
      arguments: [
        .string(group), .string(consumer), .integer(max(count, 1)), .integer(max(bytes, 1)),
      ])
  }

  /// Waits until one of the partitions has something.
  ///
  /// - Parameter count: the most from each.
  static func waitForEntries(
    in partitions: [RedisJournal], group: String, consumer: String, count: Int, wait: Duration,
    by readers: BlockingConnections
  ) async throws(BusError) -> [JournalEntry] {
    let end = ContinuousClock.now + wait
    return try await readers.withConnection { (connection) throws(BusError) in
      while true {
        let left = (end - .now).millisecondsRoundedUp
        // BLOCK 0 would wait for ever.
        let block = max(0, min(left, longestBlock))
        var command: [RedisCommand.Argument] = [
          "XREADGROUP", "GROUP", .string(group), .string(consumer), "COUNT", .integer(count),
        ]
        if block > 0 { command += ["BLOCK", .integer(block)] }
        command.append("STREAMS")
        command += partitions.map { .string($0.journal) }
        command += partitions.map { _ in ">" }
        let entries = try JournalReplies.read(
          await reply(
            of: connection.send(RedisCommand(command, blocksFor: .milliseconds(Int64(block))))),
          of: partitions)
        guard entries.isEmpty, block > 0, left > block, !Task.isCancelled else { return entries }
      }
    }
  }

  private static func reply(
    of future: EventLoopFuture<RedisReply>
  ) async throws(BusError) -> RedisReply {
    do {
      let reply = try await future.get()
      if case .error(let error) = reply { throw error }
      return reply
    } catch {
      throw BusError(error)
    }
  }

  public func claimAbandoned(
    group: String, consumer: String, idle: Duration, count: Int
  ) async throws(BusError) -> [ClaimedEntry] {
    var ids: [StreamID] = []
    var cursor = "0-0"
    // One XAUTOCLAIM looks at ten times its count, so a long list of busy entries takes several. JUSTID
    // leaves the count of deliveries alone: a claim says nothing about any single entry.
    repeat {
      let reply = try await client.send([
        "XAUTOCLAIM", .string(journal), .string(group), .string(consumer),
        .integer(max(idle.millisecondsRoundedUp, 0)), .string(cursor), "COUNT",
        .integer(max(count - ids.count, 1)), "JUSTID",
      ])
      guard let parts = reply.array, parts.count >= 2, let next = parts[0].text else {
        throw .unexpected("XAUTOCLAIM answered \(reply)")
      }
      for id in parts[1].array ?? [] { ids.append(try JournalReplies.id(id, in: partition)) }
      if parts.count > 2, let deleted = parts[2].array, !deleted.isEmpty {
        logger.warning(
          "pending entries are gone from the journal",
          metadata: ["group": "\(group)", "entries": "\(deleted.count)"])
      }
      cursor = next
    } while ids.count < count && cursor != "0-0"
    guard !ids.isEmpty else { return [] }
    return try await claimed(ids, group: group)
  }

  private func claimed(_ ids: [StreamID], group: String) async throws(BusError) -> [ClaimedEntry] {
    let replies = try await client.send(
      ids.flatMap { id -> [RedisCommand] in
        let id = RedisCommand.Argument.string(id.entryID)
        return [
          ["XRANGE", .string(journal), id, id],
          ["XPENDING", .string(journal), .string(group), id, id, 1],
        ]
      })
    var claimed: [ClaimedEntry] = []
    for (index, id) in ids.enumerated() {
      guard let entry = try JournalReplies.entries(replies[2 * index], in: partition).first else {
        // Redis 6 hands out what is gone from the journal, and would for ever.
        try await acknowledge(group: group, ids: [id])
        continue
      }
      // Acknowledged in between: then nobody asks how often.
      let attempts = replies[2 * index + 1].array?.first?.array?.last?.integer ?? 1
      claimed.append(ClaimedEntry(entry: entry, attempts: attempts))
    }
    return claimed
  }

  public func noteAttempt(
    group: String, consumer: String, ids: [StreamID], attempts: Int
  ) async throws(BusError) {
    try await inPieces(ids) { piece in
      ["XCLAIM", .string(self.journal), .string(group), .string(consumer), 0] + piece
        + ["RETRYCOUNT", .integer(attempts), "JUSTID"]
    }
  }

  public func touch(group: String, consumer: String, ids: [StreamID]) async throws(BusError) {
    try await inPieces(ids) { piece in
      ["XCLAIM", .string(self.journal), .string(group), .string(consumer), 0] + piece + ["JUSTID"]
    }
  }

  public func acknowledge(group: String, ids: [StreamID]) async throws(BusError) {
    try await inPieces(ids) { ["XACK", .string(self.journal), .string(group)] + $0 }
  }

  private func inPieces(
    _ ids: [StreamID], _ command: ([RedisCommand.Argument]) -> [RedisCommand.Argument]
  ) async throws(BusError) {
    let commands = stride(from: 0, to: ids.count, by: Self.idsPerCommand).map { start in
      let piece = ids[start..<min(start + Self.idsPerCommand, ids.count)]
      return RedisCommand(command(piece.map { .string($0.entryID) }))
    }
    if !commands.isEmpty { _ = try await client.send(commands) }
  }

  public func leave(group: String, consumer: String) async throws(BusError) {
    let call = ScriptCall(
      .leaveGroup, keys: [journal], arguments: [.string(group), .string(consumer)])
    do throws(BusError) {
      _ = try await client.run(call)
    } catch BusError.noGroup {
      // There is nothing to leave.
    }
  }

  public func forgetConsumers(
    of group: String, silentFor: Duration
  ) async throws(BusError) -> Int {
    let limits: [RedisCommand.Argument] = [
      .string(group), .integer(silentFor.millisecondsRoundedUp),
    ]
    var call = ScriptCall(.forgetConsumers, keys: [journal, reports], arguments: limits)
    if isInCluster {
      let reported = try await client.send(["HKEYS", .string(reports)]).array ?? []
      call = ScriptCall(
        .forgetConsumersExcept, keys: [journal],
        arguments: limits + reported.compactMap { $0.text.map { .string($0) } })
    }
    return try await client.run(call).integer ?? 0
  }

  public func entries(
    after position: StreamID, limit: Int, bytes: Int
  ) async throws(BusError) -> [JournalEntry] {
    guard limit > 0 else { return [] }
    return try JournalReplies.entries(
      await client.run(
        ScriptCall(
          .readRange, keys: [journal],
          arguments: [.string(position.entryID), .integer(limit), .integer(bytes)])),
      in: partition)
  }

  public func state() async throws(BusError) -> JournalState {
    try JournalReplies.state(
      await client.run(ScriptCall(.journalState, keys: [journal])), in: partition)
  }

  public func trim(before id: StreamID) async throws(BusError) -> Int {
    try await client.send([
      "XTRIM", .string(journal), "MINID", "=", .string(id.entryID),
    ]).integer ?? 0
  }
}
