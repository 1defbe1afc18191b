import EventBus
import Logging
import Metrics
import Observability
import Synchronization

/// Turns hand-published messages into events of the journal, in the order in which they were heard.
///
/// Its queue is bounded. Redis bounds the way to it too: a subscriber that does not keep up is cut
/// off at `client-output-buffer-limit pubsub`. A message that finds the queue full is given up by
/// this worker, counted and logged as an error.
final class Adopter: ChannelListener {
  /// Tries for a message that the bus answers with nonsense, before it is given up.
  private static let unexpectedLimit = 10

  private let register: any AdoptionRegister
  private let decoder: any HandPublishedDecoder
  private let persistently: PersistentBusCall
  private let logger: Logger
  private let queue: AdoptionQueue
  private let isOverflowing = Atomic<Bool>(false)

  private let adopted: Counter
  private let rejected: Counter
  private let deadLetters: Counter
  private let dropped: Counter

  init(
    register: any AdoptionRegister, decoder: any HandPublishedDecoder, queueLimit: Int,
    persistently: PersistentBusCall, logger: Logger
  ) {
    self.register = register
    self.decoder = decoder
    self.persistently = persistently
    self.logger = logger
    queue = AdoptionQueue(limit: queueLimit)
    adopted = ProgressBusMetric.adopted.counter(in: persistently.metrics)
    rejected = ProgressBusMetric.adoptionRejected.counter(in: persistently.metrics)
    deadLetters = ProgressBusMetric.deadLetters.counter([("sink", "bus")], in: persistently.metrics)
    dropped = ProgressBusMetric.adoptionDropped.counter(in: persistently.metrics)
  }

  func channelSubscribed() {}
  func channelLost(_ reason: BusError) {}

  func channelReceived(_ messages: [ChannelMessage]) {
    for case .handPublished(let ticket, let payload) in messages {
      if queue.append(AdoptionQueue.Message(ticket: ticket, payload: payload)) {
        isOverflowing.store(false, ordering: .relaxed)
      } else {
        dropped.increment()
        if !isOverflowing.exchange(true, ordering: .relaxed) {
          logger.error(
            "hand-published messages come faster than they can be adopted: giving some up",
            metadata: ["metric": "\(ProgressBusMetric.adoptionDropped.name)"])
        }
      }
    }
  }

  /// Returns once the worker has stopped and what had been heard is adopted, or `deadline` later.
  func run(drainDeadline: Duration) async {
    let work = Task { await adoptAll() }
    await persistently.stop.wait()
    queue.finish()
    if await !Drain.finishes(
      work, within: drainDeadline, environment: persistently.environment)
    {
      work.cancel()
    }
  }

  private func adoptAll() async {
    for await message in queue.messages {
      if await !adopt(message) {
        dropped.increment()
        logger.error(
          "gave up a hand-published message",
          metadata: ["mark": "\(message.ticket.mark)", "ordinal": "\(message.ticket.ordinal)"])
      }
      queue.settled(message)
    }
  }

  /// - Returns: false when it was given up.
  private func adopt(_ message: AdoptionQueue.Message) async -> Bool {
    switch decoder.decode(message.payload) {
    case .event(let event):
      let isFirst = await call("adopt") { () async throws(BusError) in
        try await self.register.adopt(event, ticket: message.ticket)
      }
      if isFirst == true { adopted.increment() }
      return isFirst != nil
    case .invalid(let reason):
      let deadLetter = DeadLetter(
        sink: "bus", reason: reason, attempts: 1, eventType: "", payload: message.payload)
      let isFirst = await call("reject") { () async throws(BusError) in
        try await self.register.reject(deadLetter, ticket: message.ticket)
      }
      if isFirst == true {
        rejected.increment()
        deadLetters.increment()
        logger.warning(
          "a hand-published message is no valid event", metadata: ["reason": "\(reason)"])
      }
      return isFirst != nil
    }
  }

  /// Tries until the bus has answered, so that the next message keeps its place behind this one.
  private func call(
    _ operation: String, _ body: () async throws(BusError) -> Bool
  ) async -> Bool? {
    var unexpected = 0
    let answer: Bool?? = await persistently(operation) { () async throws(BusError) -> Bool? in
      do throws(BusError) {
        return try await body()
      } catch .unexpected(let reason) {
        unexpected += 1
        guard unexpected < Self.unexpectedLimit else { return nil }
        throw .unexpected(reason)
      }
    }
    return answer ?? nil
  }
}
