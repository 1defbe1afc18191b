import RedisDriver

/// Remembers in Redis, for each mark, the highest ordinal that has been adopted.
///
/// One number is enough because every worker goes through a mark's messages in order. It is forgotten
/// a day after its last use: by then every worker that heard the message has dealt with it.
public final class RedisAdoptionRegister: AdoptionRegister {
  static let scripts: [RedisScript] = [.adopt, .rejectAdoption]

  private let keys: RedisKeys
  private let journalCapacity: Int
  private let deadLetterCapacity: Int
  private let client: RedisClient
  private let erased: ErasedLearners

  init(
    keys: RedisKeys, journalCapacity: Int, deadLetterCapacity: Int, client: RedisClient,
    erased: ErasedLearners
  ) {
    self.keys = keys
    self.journalCapacity = journalCapacity
    self.deadLetterCapacity = deadLetterCapacity
    self.client = client
    self.erased = erased
  }

  public func adopt(
    _ event: PublishedEvent, ticket: AdoptionTicket
  ) async throws(BusError) -> Bool {
    if erased.drops(event.payload, eventType: event.eventType) {
      try await drop(ticket)
      return false
    }
    let call = ScriptCall(
      .adopt, keys: [keys.adopted(mark: ticket.mark), keys.journal],
      arguments: [
        .integer(ticket.ordinal), .string(keys.channel), .integer(journalCapacity),
        .string(event.eventType), .bytes(event.payload),
      ])
    return try await client.run(call) == .integer(1)
  }

  /// Uses the ticket of a message that is an erased learner's: the others that hear it count it no second time.
  private func drop(_ ticket: AdoptionTicket) async throws(BusError) {
    let call = ScriptCall(
      .adopt, keys: [keys.adopted(mark: ticket.mark), keys.journal],
      arguments: [
        .integer(ticket.ordinal), .string(keys.channel), .integer(journalCapacity), "", "",
      ])
    if try await client.run(call) == .integer(1) { erased.note(1, at: "adoption") }
  }

  public func reject(
    _ letter: DeadLetter, ticket: AdoptionTicket
  ) async throws(BusError) -> Rejection {
    if erased.drops(letter.payload, eventType: nil) {
      try await drop(ticket)
      return .doneBefore
    }
    let call = ScriptCall(
      .rejectAdoption, keys: [keys.adopted(mark: ticket.mark), keys.deadLetters],
      arguments: [.integer(ticket.ordinal), .integer(deadLetterCapacity)] + letter.redisArguments)
    switch try await client.run(call) {
    case .integer(1): return .stored
    case .integer(-1): return .noRoom
    default: return .doneBefore
    }
  }
}
