import EventBus
import Logging
import Metrics
import NIOCore
import Observability
import Synchronization

/// Turns hand-published messages into events of the journal, in the order in which they were heard.
///
/// Its queue is bounded. Redis bounds the way to it too: a subscriber that does not keep up is cut
/// off at `client-output-buffer-limit pubsub`. A message that finds the queue full is given up by
/// this worker, counted and logged as an error.
final class HandPublishedAdopter: ChannelListener {
  /// Tries for a message that the bus answers with nonsense, before it is given up.
  private static let unexpectedLimit = 10

  private let register: any AdoptionRegister
  private let decoder: any HandPublishedDecoder
  private let busCall: RetryingBusCall
  private let logger: Logger
  private let queue: AdoptionQueue
  private let isOverflowing = Atomic<Bool>(false)

  private let adopted: Counter
  private let rejected: Counter
  private let deadLetters: Counter
  private let dropped: Counter

  init(
    register: any AdoptionRegister, decoder: any HandPublishedDecoder, queueLimit: Int,
    busCall: RetryingBusCall, logger: Logger
  ) {
    self.register = register
    self.decoder = decoder
    self.busCall = busCall
    self.logger = logger
    queue = AdoptionQueue(limit: queueLimit)
    adopted = ProgressBusMetric.adopted.counter(in: busCall.metrics)
    rejected = ProgressBusMetric.adoptionRejected.counter(in: busCall.metrics)
    deadLetters = ProgressBusMetric.deadLetters.counter(
      [("sink", DeadLetter.busName)], in: busCall.metrics)
    dropped = ProgressBusMetric.adoptionDropped.counter(in: busCall.metrics)
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
    await busCall.stop.wait()
    queue.finish()
    if await !Drain.finishes(
      work, within: drainDeadline, environment: busCall.environment)
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
      let adoption = await call("adopt") { () async throws(BusError) in
        try await self.register.adopt(event, ticket: message.ticket)
      }
      if adoption == .adopted { adopted.increment() }
      return adoption != nil && adoption != .heardElsewhere
    case .invalid(let reason):
      let deadLetter = DeadLetter(
        sink: DeadLetter.busName, reason: reason, attempts: 1, eventType: "",
        payload: message.payload)
      let rejection = await call("reject") { () async throws(BusError) in
        try await self.register.reject(deadLetter, ticket: message.ticket)
      }
      if rejection == .stored || rejection == .noRoom {
        rejected.increment()
        logger.warning(
          "a hand-published message is no valid event", metadata: ["reason": "\(reason)"])
      }
      if rejection == .stored { deadLetters.increment() }
      if rejection == .noRoom {
        // It has no place in the journal where it could wait, and must not hold up those behind it.
        logger.error(
          "the dead letters are full", metadata: ["setting": "dead_letters.max_entries"])
      }
      return rejection != nil && rejection != .noRoom && rejection != .heardElsewhere
    }
  }

  /// Tries until the bus has answered, so that the next message keeps its place behind this one.
  private func call<Answer: Sendable>(
    _ operation: String, _ body: () async throws(BusError) -> Answer
  ) async -> Answer? {
    var unexpected = 0
    let answer: Answer?? = await busCall(operation) { () async throws(BusError) -> Answer? in
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

/// Hand-published messages on their way from the channel's event loop to the adopter, in order.
final class AdoptionQueue: Sendable {
  struct Message: Sendable {
    let ticket: AdoptionTicket
    let payload: ByteBuffer
  }

  let messages: AsyncStream<Message>
  private let continuation: AsyncStream<Message>.Continuation
  private let limit: Int
  private let waitingBytes = Atomic<Int>(0)

  /// - Parameter limit: Bytes of payload that may wait.
  init(limit: Int) {
    self.limit = limit
    (messages, continuation) = AsyncStream.makeStream()
  }

  /// - Returns: false when there is no room.
  func append(_ message: Message) -> Bool {
    let size = cost(message)
    guard waitingBytes.load(ordering: .relaxed) + size <= limit else { return false }
    waitingBytes.add(size, ordering: .relaxed)
    continuation.yield(message)
    return true
  }

  func settled(_ message: Message) {
    waitingBytes.subtract(cost(message), ordering: .relaxed)
  }

  /// No more messages come; those that wait are still handed out.
  func finish() {
    continuation.finish()
  }

  /// An empty message takes room as well.
  private func cost(_ message: Message) -> Int {
    message.payload.readableBytes + 128
  }
}
