import NIOCore
import RedisDriver

/// Publishes for one event loop, on a connection of its own: to all partitions of the journal, or to one. Events that come
/// within one tick of the loop go to Redis in one script call. Confined to the loop, so it needs neither lock nor hop.
final class LoopPublisher {
  /// One script call holds no more, so that Redis is never busy with it for more than a few
  /// milliseconds; unless one caller brings more, whose events are not torn apart.
  private static let eventsPerCall = 512
  private static let bytesPerCall = 1 << 20

  /// Who waits for a call, and what it weighs.
  struct Batch {
    var callers: [EventLoopPromise<Void>] = []
    var events = 0
    var bytes = 0
  }

  let link: RedisLink
  private let configuration: RedisEventBusConfiguration
  let eventLoop: any EventLoop
  let condition: BusCondition
  /// Nil where no replica need confirm what is published.
  let confirmation: ReplicaConfirmation?
  private let target: ConnectionTarget
  /// The streams that it publishes to.
  private let journals: [String]
  private let unansweredEventsLimit: Int
  private let unansweredBytesLimit: Int
  /// The calls that collect events until they are sent, one a partition.
  private var collecting: [(call: ScriptCall, batch: Batch)]
  private var partitioner: EventPartitioner
  private var sendScheduled = false
  /// Finds the events of erased learners, which are dropped; nil while nobody is erased.
  var erased: ErasedEventFilter?
  var noteDropped: ((Int) -> Void)?
  private var unansweredEvents = 0
  private var unansweredBytes = 0

  /// - Parameter partition: the index of the only one whose events come; nil for all.
  init(
    _ connector: PrimaryConnector, partition: Int? = nil, eventLoop: any EventLoop,
    condition: BusCondition
  ) {
    let configuration = connector.configuration
    self.configuration = configuration
    self.eventLoop = eventLoop
    self.condition = condition
    target = .partition(partition ?? 0)
    journals = partition.map { [configuration.keys.journals[$0]] } ?? configuration.keys.journals
    // Those of one partition may be most, and one whose server is silent must not take the room of the others.
    func share(of limit: Int) -> Int {
      partition == nil ? limit : min(limit, 2 * limit / configuration.partitions + 1)
    }
    unansweredEventsLimit = share(of: configuration.unansweredEventsPerLoop)
    unansweredBytesLimit = share(of: configuration.unansweredBytesPerLoop)
    link = RedisLink(
      connector, role: "publisher", to: target, scripts: [Self.script(configuration)],
      eventLoop: eventLoop, condition: condition)
    confirmation = ReplicaConfirmation(
      replicas: configuration.confirmedReplicas, within: configuration.confirmationTimeout)
    partitioner = EventPartitioner(
      partitions: configuration.partitions, catalog: configuration.catalog)
    collecting = journals.map { (Self.emptyCall(configuration, $0), Batch()) }
  }

  func publish(_ events: [PublishedEvent]) -> EventLoopFuture<Void> {
    erased == nil ? publish(all: events) : publish(all: withoutErased(events))
  }

  private func withoutErased(_ events: [PublishedEvent]) -> [PublishedEvent] {
    let kept = events.filter { erased?.drops($0.payload, eventType: $0.eventType) != true }
    if kept.count < events.count { noteDropped?(events.count - kept.count) }
    return kept
  }

  private func publish(all events: [PublishedEvent]) -> EventLoopFuture<Void> {
    if case .failure(let error) = link.connection { return eventLoop.makeFailedFuture(error) }
    if let refusal = confirmation?.refusal {
      return eventLoop.makeFailedFuture(refused(refusal))
    }
    guard !events.isEmpty else { return eventLoop.makeSucceededVoidFuture() }
    let bytes = events.reduce(0) { $0 + $1.payload.readableBytes }
    guard fits(events.count, bytes) else {
      let error = BusError.unavailable(.overloaded, "\(unansweredEvents) events wait")
      return eventLoop.makeFailedFuture(refused(error))
    }
    unansweredEvents += events.count
    unansweredBytes += bytes
    if !sendScheduled {
      sendScheduled = true
      // Runs when the loop has served what was ready to be read in this tick.
      eventLoop.assumeIsolated().execute {
        self.sendScheduled = false
        // The round's end takes it along.
        if self.confirmation?.isAsking != true { self.sendBatches() }
      }
    }
    return collecting.count == 1 ? collect(events, bytes, in: 0) : collectByPartition(events)
  }

  /// A partition's share may be less than one request: where nothing else waits, it goes by what a loop may have.
  private func fits(_ events: Int, _ bytes: Int) -> Bool {
    if unansweredEvents == 0 {
      return events <= configuration.unansweredEventsPerLoop
        && bytes <= configuration.unansweredBytesPerLoop
    }
    return unansweredEvents + events <= unansweredEventsLimit
      && unansweredBytes + bytes <= unansweredBytesLimit
  }

  private func collect(
    _ events: [PublishedEvent], _ bytes: Int, in index: Int
  ) -> EventLoopFuture<Void> {
    let (waiting, size) = (collecting[index].batch.events, collecting[index].batch.bytes)
    if waiting > 0,
      waiting + events.count > Self.eventsPerCall || size + bytes > Self.bytesPerCall
    {
      sendBatch(index)
    }
    collecting[index].batch.events += events.count
    collecting[index].batch.bytes += bytes
    for event in events {
      collecting[index].call.append(.string(event.eventType))
      collecting[index].call.append(.bytes(event.payload))
    }
    let promise = eventLoop.makePromise(of: Void.self)
    collecting[index].batch.callers.append(promise)
    return promise.futureResult
  }

  private func collectByPartition(_ events: [PublishedEvent]) -> EventLoopFuture<Void> {
    var parts: [UInt16: [PublishedEvent]] = [:]
    for event in events { parts[partitioner.partition(of: event), default: []].append(event) }
    let answers = parts.map { partition, events in
      collect(
        events, events.reduce(0) { $0 + $1.payload.readableBytes }, in: Int(partition) - 1)
    }
    return Self.merged(answers, on: eventLoop)
  }

  /// What a request learns whose events went to several partitions.
  static func merged(
    _ answers: [EventLoopFuture<Void>], on eventLoop: any EventLoop
  ) -> EventLoopFuture<Void> {
    if answers.count == 1 { return answers[0] }
    return EventLoopFuture.whenAllComplete(answers, on: eventLoop).flatMapThrowing { results in
      let errors = results.compactMap { result -> BusError? in
        if case .failure(let error) = result { BusError(error) } else { nil }
      }
      guard let error = errors.first else { return }
      // Of two that differ, the one that leaves it open: the events may be there.
      let worst = errors.first { !$0.leftNothingDone } ?? error
      throw errors.count == results.count || !worst.leftNothingDone
        ? worst : BusError.partly(worst.fault, worst.detail)
    }
  }

  private func sendBatches() {
    for index in collecting.indices { sendBatch(index) }
  }

  private func sendBatch(_ index: Int) {
    guard let (call, sent) = takeBatch(index) else { return }
    if let confirmation {
      confirmation.held.append((call, sent))
      return beginRound(confirmation)
    }
    switch link.connection {
    case .failure(let error): answered(sent, .failure(error))
    case .success(let connection):
      link.run(call, on: connection).assumeIsolated().whenComplete { result in
        self.answered(sent, self.outcome(of: result))
      }
    }
  }

  /// What has been collected for each partition, with who waits for it.
  func takeBatches() -> [(ScriptCall, Batch)] { collecting.indices.compactMap { takeBatch($0) } }

  private func takeBatch(_ index: Int) -> (ScriptCall, Batch)? {
    guard collecting[index].batch.events > 0 else { return nil }
    let taken = collecting[index]
    collecting[index] = (Self.emptyCall(configuration, journals[index]), Batch())
    return taken
  }

  /// What a call's answer means to who waits for it.
  func outcome(of result: Result<RedisReply, any Error>) -> Result<Void, BusError> {
    result.mapError { BusError($0) }.flatMap { reply in
      switch reply {
      case .status: .success(())
      case .error(let error): .failure(refused(BusError(error)))
      default: .failure(refused(.unexpected("\(reply)")))
      }
    }
  }

  func refused(_ error: BusError) -> BusError {
    condition.note(error, of: target)
    return error
  }

  func answered(_ batch: Batch, _ result: Result<Void, BusError>) {
    unansweredEvents -= batch.events
    unansweredBytes -= batch.bytes
    for caller in batch.callers {
      switch result {
      case .success: caller.succeed(())
      case .failure(let error): caller.fail(error)
      }
    }
  }

  private static func script(_ configuration: RedisEventBusConfiguration) -> RedisScript {
    configuration.partitions == 1 ? .publish : .publishInPartition
  }

  private static func emptyCall(
    _ configuration: RedisEventBusConfiguration, _ journal: String
  ) -> ScriptCall {
    var call = ScriptCall(
      script(configuration), keys: [journal],
      arguments: [
        .string(configuration.keys.channel), .integer(configuration.partitionCapacity),
      ])
    call.reserveCapacity(64)
    return call
  }
}
