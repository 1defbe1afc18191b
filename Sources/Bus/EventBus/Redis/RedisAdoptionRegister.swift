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

  init(keys: RedisKeys, journalCapacity: Int, deadLetterCapacity: Int, client: RedisClient) {
    self.keys = keys
    self.journalCapacity = journalCapacity
    self.deadLetterCapacity = deadLetterCapacity
    self.client = client
  }

  public func adopt(
    _ event: PublishedEvent, ticket: AdoptionTicket
  ) async throws(BusError) -> Bool {
    let call = ScriptCall(
      .adopt, keys: [keys.adopted(mark: ticket.mark), keys.journal],
      arguments: [
        .integer(ticket.ordinal), .string(keys.channel), .integer(journalCapacity),
        .string(event.eventType), .bytes(event.payload),
      ])
    return try await client.run(call) == .integer(1)
  }

  public func reject(
    _ letter: DeadLetter, ticket: AdoptionTicket
  ) async throws(BusError) -> Rejection {
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
