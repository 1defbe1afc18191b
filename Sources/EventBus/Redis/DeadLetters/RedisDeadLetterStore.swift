import NIOCore
import RedisDriver

/// Dead letters as a Redis stream.
public final class RedisDeadLetterStore: DeadLetterStore {
  /// Letters in one script call.
  private static let lettersPerCall = 256

  static let scripts: [RedisScript] = [.addDeadLetters, .replayDeadLetter]

  private let keys: RedisKeys
  private let journalCapacity: Int
  private let client: RedisClient

  init(keys: RedisKeys, journalCapacity: Int, client: RedisClient) {
    self.keys = keys
    self.journalCapacity = journalCapacity
    self.client = client
  }

  public func add(_ letters: [DeadLetter]) async throws(BusError) {
    for start in stride(from: 0, to: letters.count, by: Self.lettersPerCall) {
      let piece = letters[start..<min(start + Self.lettersPerCall, letters.count)]
      _ = try await client.run(
        ScriptCall(
          .addDeadLetters, keys: [keys.deadLetters], arguments: piece.flatMap(\.redisArguments)))
    }
  }

  public func letters(
    after position: StreamID, limit: Int
  ) async throws(BusError) -> [StoredDeadLetter] {
    guard limit > 0 else { return [] }
    return try await range(.string("(\(position)"), "+", limit: limit)
  }

  public func letter(_ id: StreamID) async throws(BusError) -> StoredDeadLetter? {
    let id = RedisCommand.Argument.string(id.description)
    return try await range(id, id, limit: 1).first
  }

  public func replay(_ id: StreamID) async throws(BusError) -> Bool {
    let call = ScriptCall(
      .replayDeadLetter, keys: [keys.deadLetters, keys.journal],
      arguments: [.string(id.description), .integer(journalCapacity)])
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
      return StoredDeadLetter(id: try JournalReplies.id(parts[0]), letter: DeadLetter(fields))
    }
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
