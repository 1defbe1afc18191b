public import EventBus
public import NIOCore

/// A form of the bus, empty, as the conformance suite sees it.
public struct BusUnderTest: Sendable {
  public let publisher: any EventPublisher
  public let journal: any Journal
  public let channel: any EventChannel
  public let adoptions: any AdoptionRegister
  public let deadLetters: any DeadLetterStore
  /// The loop that the suite publishes on.
  public let eventLoop: any EventLoop
  /// Publishes a message as someone with `redis-cli` would.
  public let publishByHand: @Sendable (ByteBuffer) async throws -> Void
  /// Forgets everything, as a Redis that restarts empty.
  public let loseEverything: @Sendable () async throws -> Void

  public init(
    publisher: any EventPublisher, journal: any Journal, channel: any EventChannel,
    adoptions: any AdoptionRegister, deadLetters: any DeadLetterStore, eventLoop: any EventLoop,
    publishByHand: @escaping @Sendable (ByteBuffer) async throws -> Void,
    loseEverything: @escaping @Sendable () async throws -> Void
  ) {
    self.publisher = publisher
    self.journal = journal
    self.channel = channel
    self.adoptions = adoptions
    self.deadLetters = deadLetters
    self.eventLoop = eventLoop
    self.publishByHand = publishByHand
    self.loseEverything = loseEverything
  }

  func publish(_ events: [PublishedEvent]) async throws {
    try await eventLoop.flatSubmit { publisher.publish(events, on: eventLoop) }.get()
  }

  /// Publishes events with the payloads `{"n":1}`, `{"n":2}`, …
  func publish(numbers: ClosedRange<Int>, eventType: String = "help") async throws {
    try await publish(
      numbers.map {
        PublishedEvent(eventType: eventType, payload: ByteBuffer(string: #"{"n":\#($0)}"#))
      })
  }
}
