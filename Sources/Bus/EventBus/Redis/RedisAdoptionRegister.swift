import RedisDriver

/// Remembers in Redis, for each mark, the highest ordinal that has been adopted.
///
/// One number is enough because every worker goes through a mark's messages in order. It is forgotten
/// a day after its last use: by then every worker that heard the message has dealt with it.
public final class RedisAdoptionRegister: AdoptionRegister {
  static let scripts: [RedisScript] = [.adopt, .adoptInPartition, .rejectAdoption]

  private let keys: RedisKeys
  private let adopting: RedisScript
  private let partitionCapacity: Int
  private let deadLetterCapacity: Int
  private let partitions: SharedPartitioner
  private let client: RedisClient
  private let erased: ErasedLearners

  init(
    _ configuration: RedisEventBusConfiguration, partitions: SharedPartitioner, client: RedisClient,
    erased: ErasedLearners
  ) {
    keys = configuration.keys
    adopting = configuration.partitions == 1 ? .adopt : .adoptInPartition
    partitionCapacity = configuration.partitionCapacity
    deadLetterCapacity = configuration.deadLetterCapacity
    self.partitions = partitions
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
      adopting,
      keys: [
        keys.adopted(mark: ticket.mark), keys.journal(of: partitions.partition(of: event)),
      ],
      arguments: [
        .integer(ticket.ordinal), .string(keys.channel), .integer(partitionCapacity),
        .string(event.eventType), .bytes(event.payload),
      ])
    return try await client.run(call) == .integer(1)
  }

  /// Uses the ticket of a message that is an erased learner's: the others that hear it count it no second time.
  private func drop(_ ticket: AdoptionTicket) async throws(BusError) {
    let call = ScriptCall(
      adopting, keys: [keys.adopted(mark: ticket.mark), keys.journals[0]],
      arguments: [
        .integer(ticket.ordinal), .string(keys.channel), .integer(partitionCapacity), "", "",
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
