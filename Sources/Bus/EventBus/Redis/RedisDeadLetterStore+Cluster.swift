import RedisDriver

/// What one script does on one server, in steps: in a cluster the dead letters and a partition of the journal are on two
/// nodes. Each step may be repeated, so whoever breaks off between two leaves nothing that the next try does not mend.
extension RedisDeadLetterStore {
  /// How long it is remembered that a step was done: longer than anybody tries the next one.
  private static let markSeconds = 7 * 86_400

  /// The letter is stored first, once, and its entry acknowledged then: in between an event is in both.
  ///
  /// - Parameter refused: entries of one partition.
  /// - Returns: how many, from the first, are settled.
  func addInSteps(
    _ refused: [RefusedEntry], of partition: UInt16
  ) async throws(BusError) -> Int {
    let journal = keys.journal(of: partition)
    let question = ScriptCall(
      .pendingRefusals, keys: [journal],
      arguments: refused.flatMap { [.string($0.deadLetter.sink), .string($0.id.entryID)] })
    let answer = try await client.run(question).array ?? []
    guard answer.count == refused.count else {
      throw .unexpected("refused entries were answered with \(answer)")
    }
    let unsettled = refused.indices.filter { answer[$0] == .integer(1) }
    guard !unsettled.isEmpty else { return refused.count }
    var call = ScriptCall(
      .storeDeadLetters,
      keys: [keys.deadLetters]
        + unsettled.map {
          let letter = refused[$0].deadLetter
          return keys.moved(refused[$0].id, letter.payload, sink: letter.sink)
        },
      arguments: [.integer(capacity), .integer(Self.markSeconds)])
    for index in unsettled {
      for argument in refused[index].deadLetter.redisArguments { call.append(argument) }
    }
    guard let stored = try await client.run(call).integer else {
      throw .unexpected("dead letters were answered with no number")
    }
    let moved = unsettled.prefix(stored).map { refused[$0] }
    let bySink = Dictionary(grouping: moved, by: \.deadLetter.sink)
    for (sink, entries) in bySink {
      let ids = entries.map { RedisCommand.Argument.string($0.id.entryID) }
      _ = try await client.send(RedisCommand(["XACK", .string(journal), .string(sink)] + ids))
    }
    return stored < unsettled.count ? unsettled[stored] : refused.count
  }

  /// The letter is appended first, once, and removed then.
  func replayInSteps(
    _ id: StreamID, _ letter: DeadLetter, to partition: UInt16
  ) async throws(BusError) -> Bool {
    guard letter.sink != DeadLetter.busName else {
      throw .unexpected("a letter of sink bus has no sink to be replayed for")
    }
    _ = try await client.run(
      ScriptCall(
        .appendReplay,
        keys: [keys.journal(of: partition), keys.replayed(id, letter.payload, in: partition)],
        arguments: [
          .integer(partitionCapacity), .integer(Self.markSeconds), .string(letter.eventType),
          .bytes(letter.payload), .string(letter.sink),
        ]))
    return try await remove([id]) == 1
  }
}
