import Concurrency
import EventBus
import Logging
import NIOCore
import NIOPosix
import Observability
import ProgressBusTesting
import WorkerRuntime

/// A worker over the bus in memory, with waits of milliseconds.
struct WorkerFixture {
  let loop = MultiThreadedEventLoopGroup.singleton.next()
  let bus: MemoryEventBus
  let metrics = MetricsRegistry()
  var configuration: WorkerConfiguration

  init(deadLetterCapacity: Int = 1_000) {
    bus = MemoryEventBus(deadLetterCapacity: deadLetterCapacity, eventLoop: loop)
    configuration = WorkerConfiguration()
    configuration.retry = Backoff(first: .milliseconds(1), longest: .milliseconds(5))
    configuration.readWait = .milliseconds(20)
    configuration.touchInterval = .milliseconds(20)
    configuration.claimInterval = .milliseconds(5)
    configuration.trimInterval = .milliseconds(5)
  }

  func worker(
    _ sinks: RecordingSink..., journal: (any Journal)? = nil,
    deadLetters: (any DeadLetterStore)? = nil,
    register: (any AdoptionRegister)? = nil, decoder: any HandPublishedDecoder = TextDecoder()
  ) -> Worker {
    Worker(
      sinks: sinks, journal: journal ?? bus, deadLetters: deadLetters ?? bus,
      register: register ?? bus,
      decoder: decoder, configuration: configuration, metrics: metrics,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Runs the worker for as long as `body` takes, and then until it has stopped.
  func running(_ worker: Worker, _ body: () async throws -> Void) async throws {
    let task = Task { try await worker.run() }
    do { try await body() } catch {
      task.cancel()
      throw error
    }
    task.cancel()
    try await task.value
  }

  func publish(_ payloads: [String]) async throws {
    let events = payloads.map {
      PublishedEvent(eventType: "cell_executed", payload: ByteBuffer(string: $0))
    }
    try await loop.flatSubmit { [bus, loop] in bus.publish(events, on: loop) }.get()
  }

  static func payloads(_ range: Range<Int>) -> [String] { range.map { "{\"n\":\($0)}" } }

  /// Entries that the groups have yet to acknowledge.
  func lag(_ names: String...) async throws -> Int {
    let state = try await bus.state()
    var lag = 0
    for name in names.isEmpty ? ["postgres"] : names {
      guard let group = state.groups.first(where: { $0.name == name }) else { return .max }
      lag += group.pending + (group.undelivered ?? 0)
    }
    return lag
  }

  func deadLetters() async throws -> [DeadLetter] {
    try await bus.deadLetters(after: .zero, limit: 1_000).map(\.deadLetter)
  }

  /// A sample's value on `/metrics`.
  func metric(_ sample: String) -> Double? {
    metrics.prometheusText().split(separator: "\n").first { $0.hasPrefix(sample + " ") }
      .flatMap { Double($0.split(separator: " ").last ?? "") }
  }
}

/// Takes any message that begins like an object.
struct TextDecoder: HandPublishedDecoder {
  func decode(_ payload: ByteBuffer) -> HandPublishedMessage {
    payload.readableBytesView.first == UInt8(ascii: "{")
      ? .event(PublishedEvent(eventType: "help", payload: payload))
      : .invalid(reason: "no JSON object")
  }
}
