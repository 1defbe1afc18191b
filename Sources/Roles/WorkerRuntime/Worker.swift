public import EventBus
import Foundation
public import Logging
public import Metrics
public import Observability
public import ServiceLifecycle

/// The worker role: brings the journal's events into every sink, adopts hand-published messages and
/// trims the journal.
///
/// Runs until cancelled or asked to shut down; then it stops reading, gives what is in flight
/// `drainDeadline` to finish and leaves the rest pending for others.
public final class Worker: Service {
  /// Listens on the channel for hand-published messages.
  public var channelListener: any ChannelListener { adopter }

  /// The process's name among the consumers of each sink's group.
  public let name: String

  /// How each sink is doing in this process.
  public var sinks: [SinkStatus] { consumers.map { SinkStatus($0.delivery) } }

  private let stop: StopSignal
  private let consumers: [SinkConsumer]
  private let trimmer: JournalTrimmer
  private let adopter: HandPublishedAdopter
  private let configuration: WorkerConfiguration

  /// - Parameters:
  ///   - sinks: Their names must differ.
  ///   - expectedGroups: Groups that other workers serve, and without which nothing is trimmed.
  public init(
    sinks: [any Sink], expectedGroups: Set<String> = [], journal: any Journal,
    deadLetters: any DeadLetterStore, register: any AdoptionRegister,
    decoder: any HandPublishedDecoder, configuration: WorkerConfiguration = WorkerConfiguration(),
    environment: WorkerEnvironment = WorkerEnvironment(), metrics: any MetricsFactory,
    logger: Logger
  ) {
    let names = sinks.map(\.name)
    precondition(Set(names).count == names.count, "two sinks have the same name: \(names)")
    let stop = StopSignal(environment: environment)
    let bus = Availability(subject: "the bus", logger: logger, elapsed: environment.elapsed)
    let busCall = RetryingBusCall(
      backoff: configuration.retry, stop: stop, environment: environment, availability: bus,
      metrics: metrics)
    let consumer = ConsumerName.make()
    name = consumer
    consumers = sinks.map { sink in
      let sinkMetrics = SinkMetrics(sink: sink.name, in: metrics)
      let inFlight = InFlightEntries()
      let delivery = RetryingDelivery(
        sink: sink, journal: journal,
        deadLetters: DeadLetterWriter(
          sink: sink.name, store: deadLetters, inFlight: inFlight,
          retryInterval: configuration.claimInterval, busCall: busCall, metrics: sinkMetrics,
          logger: logger),
        inFlight: inFlight,
        availability: Availability(
          subject: "sink \(sink.name)", logger: logger, gauge: sinkMetrics.up,
          elapsed: environment.elapsed),
        busCall: busCall, metrics: sinkMetrics, logger: logger)
      return SinkConsumer(consumer: consumer, configuration: configuration, delivery: delivery)
    }
    trimmer = JournalTrimmer(
      journal: journal,
      plan: TrimPlan(cap: configuration.journalCap, retention: configuration.journalRetention),
      expectedGroups: expectedGroups.union(names),
      interval: configuration.trimInterval, busCall: busCall, logger: logger)
    adopter = HandPublishedAdopter(
      register: register, decoder: decoder, queueLimit: configuration.adoptionQueueLimit,
      busCall: busCall, logger: logger)
    self.stop = stop
    self.configuration = configuration
  }

  /// Adds a check `sink.<name>` for each sink. None is required: events are accepted and kept while a
  /// sink is down.
  public func registerChecks(in health: HealthRegistry) async {
    for consumer in consumers {
      let delivery = consumer.delivery
      await health.register("sink.\(delivery.sink.name)", isRequired: false) {
        await delivery.health()
      }
    }
  }

  public func run() async throws {
    await withTaskCancellationOrGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        for consumer in consumers { group.addTask { await consumer.run() } }
        group.addTask { [trimmer] in await trimmer.run() }
        group.addTask { [adopter, configuration] in
          await adopter.run(drainDeadline: configuration.drainDeadline)
        }
      }
    } onCancelOrGracefulShutdown: { [stop] in
      stop.stop()
    }
  }
}

/// A name for this process among the consumers of a group: host, process id and a random part, so
/// that a process that got a dead one's id is not taken for it.
enum ConsumerName {
  static func make() -> String {
    let host = ProcessInfo.processInfo.hostName.prefix(64)
    let random = String(UInt32.random(in: .min ... .max), radix: 36)
    return "\(host)-\(ProcessInfo.processInfo.processIdentifier)-\(random)"
  }
}
