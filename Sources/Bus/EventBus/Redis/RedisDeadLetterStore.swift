import Events
import NIOCore
import RedisDriver

/// Dead letters as a Redis stream.
public final class RedisDeadLetterStore: DeadLetterStore {
  /// Dead letters written by one script call.
  private static let writtenPerCall = 256
  /// Dead letters that one script call looks at: other commands wait for it.
  private static let summariesPerCall = 500

  static let scripts: [RedisScript] = [
    .addDeadLetters, .replayDeadLetter, .summarizeDeadLetters, .pendingRefusals, .storeDeadLetters,
    .appendReplay,
  ]

  /// The most that the store takes.
  public let capacity: Int

  let keys: RedisKeys
  let partitionCapacity: Int
  private let partitions: SharedPartitioner
  let client: RedisClient

  init(
    _ configuration: RedisEventBusConfiguration, partitions: SharedPartitioner, client: RedisClient
  ) {
    keys = configuration.keys
    capacity = configuration.deadLetterCapacity
    partitionCapacity = configuration.partitionCapacity
    self.partitions = partitions
    self.client = client
  }

  public func add(_ refused: [RefusedEntry]) async throws(BusError) -> Int {
    var settled = 0
    while settled < refused.count {
      let rest = refused.dropFirst(settled).prefix(Self.writtenPerCall)
      let partition = rest[rest.startIndex].id.partition
      let piece = rest.prefix { $0.id.partition == partition }
      if keys.areInCluster {
        let count = try await addInSteps(Array(piece), of: partition)
        settled += count
        if count < piece.count { break }
        continue
      }
      var call = ScriptCall(
        .addDeadLetters, keys: [keys.journal(of: partition), keys.deadLetters],
        arguments: [.integer(capacity)])
      for entry in piece {
        call.append(.string(entry.id.entryID))
        for argument in entry.deadLetter.redisArguments { call.append(argument) }
      }
      guard let count = try await client.run(call).integer else {
        throw .unexpected("dead letters were answered with no number")
      }
      settled += count
      if count < piece.count { break }
    }
    return settled
  }

  public func deadLetters(
    after position: StreamID, limit: Int
  ) async throws(BusError) -> [StoredDeadLetter] {
    guard limit > 0 else { return [] }
    return try await range(.string("(\(position)"), "+", limit: limit)
  }

  public func summaries(
    after position: StreamID, limit: Int
  ) async throws(BusError) -> [DeadLetterSummary] {
    var summaries: [DeadLetterSummary] = []
    var position = position
    while summaries.count < limit {
      let count = min(limit - summaries.count, Self.summariesPerCall)
      let reply = try await client.run(
        ScriptCall(
          .summarizeDeadLetters, keys: [keys.deadLetters],
          arguments: [.string("(\(position)"), .integer(count)]))
      let page = try (reply.array ?? []).map { (element) throws(BusError) in
        try DeadLetterSummary(element)
      }
      summaries += page
      guard page.count == count, let last = page.last else { break }
      position = last.id
    }
    return summaries
  }

  public func newest() async throws(BusError) -> StreamID? {
    let reply = try await client.send([
      "XREVRANGE", .string(keys.deadLetters), "+", "-", "COUNT", 1,
    ])
    guard let entry = reply.array?.first?.array else { return nil }
    return try JournalReplies.id(entry.first)
  }

  public func deadLetter(_ id: StreamID) async throws(BusError) -> StoredDeadLetter? {
    let id = RedisCommand.Argument.string(id.description)
    return try await range(id, id, limit: 1).first
  }

  public func replay(_ id: StreamID) async throws(BusError) -> Bool {
    var partition: UInt16 = 0
    if keys.journals.count > 1 {
      guard let stored = try await deadLetter(id)?.deadLetter else { return false }
      partition = partitions.partition(
        of: PublishedEvent(eventType: stored.eventType, payload: stored.payload))
      if keys.areInCluster { return try await replayInSteps(id, stored, to: partition) }
    }
    let call = ScriptCall(
      .replayDeadLetter, keys: [keys.deadLetters, keys.journal(of: partition)],
      arguments: [.string(id.description), .integer(partitionCapacity)])
    return try await client.run(call) == .integer(1)
  }

  public func remove(_ ids: [StreamID]) async throws(BusError) -> Int {
    var removed = 0
    for start in stride(from: 0, to: ids.count, by: 1_000) {
      let piece = ids[start..<min(start + 1_000, ids.count)]
      removed +=
        try await client.send(
          RedisCommand(
            ["XDEL", .string(keys.deadLetters)] + piece.map { .string($0.description) })
        ).integer ?? 0
    }
    return removed
  }

  public func count() async throws(BusError) -> Int {
    try await client.send(["XLEN", .string(keys.deadLetters)]).integer ?? 0
  }

  private func range(
    _ first: RedisCommand.Argument, _ last: RedisCommand.Argument, limit: Int
  ) async throws(BusError) -> [StoredDeadLetter] {
    let reply = try await client.send([
      "XRANGE", .string(keys.deadLetters), first, last, "COUNT", .integer(limit),
    ])
    return try (reply.array ?? []).map { (element) throws(BusError) in
      guard let parts = element.array, parts.count == 2, let fields = parts[1].array else {
        throw .unexpected("a dead letter came as \(element)")
      }
      return StoredDeadLetter(id: try JournalReplies.id(parts[0]), deadLetter: DeadLetter(fields))
    }
  }
}

extension DeadLetterSummary {
  /// Reads what `RedisScript.summarizeDeadLetters` answers for one dead letter.
  fileprivate init(_ reply: RedisReply) throws(BusError) {
    guard let parts = reply.array, parts.count == 7, let sink = parts[1].text,
      let reason = parts[2].text, let eventType = parts[4].text, let eventID = parts[5].text,
      let payloadBytes = parts[6].integer
    else { throw .unexpected("a dead letter's summary came as \(reply)") }
    self.init(
      id: try JournalReplies.id(parts[0]), sink: sink, reason: reason,
      attempts: Int(parts[3].text ?? "") ?? 0, eventType: eventType,
      eventID: EventID(eventID), payloadBytes: payloadBytes)
  }
}

extension DeadLetter {
  /// In the order that the scripts expect.
  var redisArguments: [RedisCommand.Argument] {
    [
      .string(sink), .string(reason), .integer(attempts), .string(eventType), .bytes(payload),
    ]
  }

  fileprivate init(_ fields: [RedisReply]) {
    var values: [String: ByteBuffer] = [:]
    for index in stride(from: 0, to: fields.count - 1, by: 2) {
      values[fields[index].text ?? ""] = fields[index + 1].bytes
    }
    func text(_ name: String) -> String { values[name].map { String(buffer: $0) } ?? "" }
    self.init(
      sink: text("k"), reason: text("r"), attempts: Int(text("a")) ?? 0, eventType: text("t"),
      payload: values["e"] ?? ByteBuffer())
  }
}
