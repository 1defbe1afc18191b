import NIOCore
import RedisDriver

/// Publishes for one event loop, on a connection of its own. Events that come within one tick of the
/// loop go to Redis in one script call. Confined to the loop, so it needs neither lock nor hop.
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
  /// The call that collects events until it is sent.
  private var call: ScriptCall
  private var batch = Batch()
  private var sendScheduled = false
  /// Finds the events of erased learners, which are dropped; nil while nobody is erased.
  var erased: ErasedEventFilter?
  var noteDropped: ((Int) -> Void)?
  private var unansweredEvents = 0
  private var unansweredBytes = 0

  init(
    _ connector: PrimaryConnector, eventLoop: any EventLoop, condition: BusCondition
  ) {
    configuration = connector.configuration
    self.eventLoop = eventLoop
    self.condition = condition
    link = RedisLink(
      connector, role: "publisher", scripts: [.publish], eventLoop: eventLoop,
      condition: condition)
    confirmation = ReplicaConfirmation(
      replicas: configuration.confirmedReplicas, within: configuration.confirmationTimeout)
    call = Self.emptyCall(configuration)
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
    guard unansweredEvents + events.count <= configuration.unansweredEventsPerLoop,
      unansweredBytes + bytes <= configuration.unansweredBytesPerLoop
    else {
      let error = BusError.unavailable(.overloaded, "\(unansweredEvents) events wait")
      return eventLoop.makeFailedFuture(refused(error))
    }
    if batch.events > 0,
      batch.events + events.count > Self.eventsPerCall || batch.bytes + bytes > Self.bytesPerCall
    {
      sendBatch()
    }
    unansweredEvents += events.count
    unansweredBytes += bytes
    batch.events += events.count
    batch.bytes += bytes
    for event in events {
      call.append(.string(event.eventType))
      call.append(.bytes(event.payload))
    }
    let promise = eventLoop.makePromise(of: Void.self)
    batch.callers.append(promise)
    if !sendScheduled {
      sendScheduled = true
      // Runs when the loop has served what was ready to be read in this tick.
      eventLoop.assumeIsolated().execute {
        self.sendScheduled = false
        // The round's end takes it along.
        if self.confirmation?.isAsking != true { self.sendBatch() }
      }
    }
    return promise.futureResult
  }

  private func sendBatch() {
    guard let (call, sent) = takeBatch() else { return }
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

  /// What has been collected, with who waits for it; nil when that is nothing.
  func takeBatch() -> (ScriptCall, Batch)? {
    guard batch.events > 0 else { return nil }
    let taken = (call, batch)
    batch = Batch()
    call = Self.emptyCall(configuration)
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
    condition.note(error)
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

  private static func emptyCall(_ configuration: RedisEventBusConfiguration) -> ScriptCall {
    var call = ScriptCall(
      .publish, keys: [configuration.keys.journal],
      arguments: [
        .string(configuration.keys.channel), .integer(configuration.journalCapacity),
      ])
    call.reserveCapacity(64)
    return call
  }
}
