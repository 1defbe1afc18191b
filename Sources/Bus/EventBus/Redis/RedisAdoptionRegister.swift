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
  /// Nil where there is no cluster.
  private let listeningNode: ListeningNode?
  private let erased: ErasedLearners

  init(
    _ configuration: RedisEventBusConfiguration, partitions: SharedPartitioner, client: RedisClient,
    listeningNode: ListeningNode?, erased: ErasedLearners
  ) {
    self.listeningNode = listeningNode
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
  ) async throws(BusError) -> Adoption {
    guard try await counts(ticket) else { return .heardElsewhere }
    guard try await !isRejected(ticket) else { return .doneBefore }
    let partition = partitions.partition(of: event)
    let used = keys.adopted(mark: ticket.mark, in: partition)
    if erased.drops(event.payload, eventType: event.eventType) {
      try await drop(ticket, used, beside: keys.journal(of: partition))
      return .doneBefore
    }
    let call = ScriptCall(
      adopting, keys: [used, keys.journal(of: partition)],
      arguments: [
        .integer(ticket.ordinal), .string(keys.channel), .integer(partitionCapacity),
        .string(event.eventType), .bytes(event.payload),
      ])
    return try await client.run(call) == .integer(1) ? .adopted : .doneBefore
  }

  /// Whether a worker of another version found the message to be no valid event; on one server the same key tells.
  private func isRejected(_ ticket: AdoptionTicket) async throws(BusError) -> Bool {
    guard keys.areInCluster else { return false }
    let last = try await client.send(["GET", .string(keys.rejected(mark: ticket.mark))]).text
    return ticket.ordinal <= last.flatMap { Int($0) } ?? 0
  }

  /// Those who hear a message where all listen adopt it.
  private func counts(_ ticket: AdoptionTicket) async throws(BusError) -> Bool {
    guard let listeningNode else { return true }
    return try await listeningNode.counts(mark: ticket.mark)
  }

  /// Uses the ticket of a message that is an erased learner's: the others that hear it count it no second time.
  ///
  /// - Parameters:
  ///   - used: the key of used tickets.
  ///   - neighbour: a key beside it, which is left alone.
  private func drop(
    _ ticket: AdoptionTicket, _ used: String, beside neighbour: String
  ) async throws(BusError) {
    let call = ScriptCall(
      adopting, keys: [used, neighbour],
      arguments: [
        .integer(ticket.ordinal), .string(keys.channel), .integer(partitionCapacity), "", "",
      ])
    if try await client.run(call) == .integer(1) { erased.note(1, at: "adoption") }
  }

  public func reject(
    _ letter: DeadLetter, ticket: AdoptionTicket
  ) async throws(BusError) -> Rejection {
    guard try await counts(ticket) else { return .heardElsewhere }
    let used = keys.rejected(mark: ticket.mark)
    if erased.drops(letter.payload, eventType: nil) {
      try await drop(ticket, used, beside: keys.areInCluster ? keys.deadLetters : keys.journals[0])
      return .doneBefore
    }
    let call = ScriptCall(
      .rejectAdoption, keys: [used, keys.deadLetters],
      arguments: [.integer(ticket.ordinal), .integer(deadLetterCapacity)] + letter.redisArguments)
    switch try await client.run(call) {
    case .integer(1): return .stored
    case .integer(-1): return .noRoom
    default: return .doneBefore
    }
  }
}
