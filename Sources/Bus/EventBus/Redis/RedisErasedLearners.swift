import RedisDriver

/// The list of erased learners as every process sees it. PostgreSQL has the list that counts; this is where those
/// without a database read it.
public struct RedisErasedLearners: Sendable {
  static let scripts: [RedisScript] = [.readErased, .writeErased, .eraseEntries]
  /// The field that holds the key of the hashes, in hexadecimal. No hash is as short.
  private static let keyField = "key"

  let keys: RedisKeys
  let client: RedisClient

  /// - Parameter version: of the list that is known already.
  /// - Returns: nil when there is none, or no other.
  func read(unless version: String?) async throws(BusError) -> ErasedLearnersList? {
    let reply = try await client.run(
      ScriptCall(
        .readErased, keys: [keys.erased, keys.erasedVersion], arguments: [.string(version ?? "")]))
    guard let parts = reply.array, parts.count == 2, let version = parts[0].text,
      let fields = parts[1].array
    else { return nil }
    var ends: [String: Int64] = [:]
    var key: [UInt8] = []
    for index in stride(from: 0, to: fields.count - 1, by: 2) {
      guard let name = fields[index].text, let value = fields[index + 1].text else { continue }
      if name == Self.keyField { key = bytes(hex: value) } else { ends[name] = Int64(value) }
    }
    return ErasedLearnersList(version: version, key: key, ends: ends)
  }

  /// The version of the list that is there; nil when there is none.
  public func version() async throws(BusError) -> String? {
    try await client.send(["GET", .string(keys.erasedVersion)]).text
  }

  /// Puts a list in the place of the one that is there. Every process goes by it within
  /// `ErasureWatch.interval`.
  public func write(_ list: ErasedLearnersList) async throws(BusError) {
    var call = ScriptCall(
      .writeErased, keys: [keys.erased, keys.erasedVersion],
      arguments: [.string(list.version), .string(Self.keyField), .string(hex(list.key))])
    for (learner, end) in list.ends {
      call.append(.string(learner))
      call.append(.string(String(end)))
    }
    _ = try await client.run(call)
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  private func bytes(hex: String) -> [UInt8] {
    let digits = hex.utf8.map { Character(UnicodeScalar($0)).hexDigitValue ?? 0 }
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }
}

/// Keeps a process's list of erased learners as Redis has it.
public struct ErasureWatch: Sendable {
  /// Between two looks.
  public static let interval = Duration.seconds(1)

  let store: RedisErasedLearners
  let learners: ErasedLearners

  /// Until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      do { try await Task.sleep(for: Self.interval) } catch { return }
      await look()
    }
  }

  /// A list that is gone, with all data of Redis, still counts for those who know it.
  func look() async {
    if let list = try? await store.read(unless: learners.version) { learners.take(list) }
  }
}

extension RedisEventBus {
  /// Removes entries from the journal and from what is pending in its groups. Positions of the others stay.
  ///
  /// - Parameter touchedWithin: an entry that a consumer touched so lately is being written, and is left.
  /// - Returns: how many were there, and the ids of those that were left.
  public func erase(
    _ ids: [StreamID], touchedWithin: Duration
  ) async throws(BusError) -> (removed: Int, held: [StreamID]) {
    var removed = 0
    var held: [StreamID] = []
    for journal in journalStreams {
      let result = try await journal.erase(
        ids.filter { $0.partition == journal.partition }, touchedWithin: touchedWithin)
      removed += result.removed
      held += result.held
    }
    return (removed, held)
  }
}

extension RedisJournal {
  fileprivate func erase(
    _ ids: [StreamID], touchedWithin: Duration
  ) async throws(BusError) -> (removed: Int, held: [StreamID]) {
    var removed = 0
    var held: [StreamID] = []
    for start in stride(from: 0, to: ids.count, by: Self.erasedPerCall) {
      let piece = ids[start..<min(start + Self.erasedPerCall, ids.count)]
      let reply = try await client.run(
        ScriptCall(
          .eraseEntries, keys: [journal],
          arguments: [.integer(Int(touchedWithin.milliseconds))]
            + piece.map { .string($0.entryID) }))
      guard let parts = reply.array, parts.count == 2, let count = parts[0].integer else {
        throw .unexpected("erasing entries was answered with \(reply)")
      }
      removed += count
      for id in parts[1].array ?? [] { held.append(try JournalReplies.id(id, in: partition)) }
    }
    return (removed, held)
  }

  /// Each is looked up in every group, and other commands wait meanwhile.
  private static let erasedPerCall = 100
}

extension Duration {
  fileprivate var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
