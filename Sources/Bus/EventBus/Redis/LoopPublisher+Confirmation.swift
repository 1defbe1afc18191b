import NIOCore
import RedisDriver

/// What waits on one event loop until enough replicas have it. Confined to that loop.
///
/// Redis answers `WAIT` when they have what this connection has written, and reads nothing from the connection
/// until then. So what comes while one is on its way is held, and goes with one more behind all of it. Nothing
/// else goes over this connection but the question whether events would be taken.
final class ReplicaConfirmation {
  /// Before they are asked again: a server that does not wait is not asked without a pause.
  static let pause = TimeAmount.milliseconds(50)

  /// How many have to have it.
  let replicas: Int
  private let timeout: TimeAmount
  /// Calls of the next round.
  var held: [(ScriptCall, LoopPublisher.Batch)] = []
  /// Whether a `WAIT` is on its way, or the next one will be after a pause.
  fileprivate(set) var isAsking = false
  /// Why nothing is written now: what was written last is not confirmed, and each new try of a sender would put
  /// it into the journal once more.
  fileprivate(set) var refusal: BusError?
  /// Has shown that its server has replicas enough. On a new one they are counted before anything is written:
  /// a server that was promoted may still be alone.
  fileprivate var counted: RedisConnection?
  /// Who wants to know the outcome, and nothing else.
  fileprivate var checks: [EventLoopPromise<Void>] = []

  /// Nil for no replicas.
  init?(replicas: Int, within timeout: TimeAmount) {
    guard replicas > 0 else { return nil }
    self.replicas = replicas
    self.timeout = timeout
  }

  fileprivate var question: RedisCommand {
    let milliseconds = Int(timeout.nanoseconds / 1_000_000)
    return RedisCommand(["WAIT", .integer(replicas), .integer(milliseconds)], blocksFor: timeout)
  }
}

/// What one or more `WAIT`s stand behind.
private final class ConfirmationRound {
  let connection: RedisConnection
  var unanswered = 0
  /// Answered, and confirmed by the next `WAIT`.
  var written: [LoopPublisher.Batch] = []
  /// Why nobody asks for it any more.
  var failure: BusError?

  init(_ connection: RedisConnection) { self.connection = connection }
}

extension LoopPublisher {
  /// Whether events would be taken now, and confirmed.
  ///
  /// The future fails with `BusError`.
  func tryPublishing() -> EventLoopFuture<Void> {
    guard let confirmation else { return link.tryPublishing() }
    if let refusal = confirmation.refusal { return eventLoop.makeFailedFuture(refusal) }
    let publisher = NIOLoopBound(self, eventLoop: eventLoop)
    return link.tryPublishing().flatMap { publisher.value.check() }
  }

  private func check() -> EventLoopFuture<Void> {
    guard let confirmation, case .success(let connection) = link.connection else {
      return eventLoop.makeSucceededVoidFuture()
    }
    let promise = eventLoop.makePromise(of: Void.self)
    confirmation.checks.append(promise)
    if !confirmation.isAsking {
      confirmation.counted = connection
      ask(confirmation, for: ConfirmationRound(connection))
    }
    return promise.futureResult
  }

  /// Sends what is held and one `WAIT`, unless one is on its way.
  func beginRound(_ confirmation: ReplicaConfirmation) {
    guard !confirmation.isAsking, !confirmation.held.isEmpty else { return }
    switch link.connection {
    case .failure(let error): failHeld(confirmation, error)
    case .success(let connection):
      let round = ConfirmationRound(connection)
      // Whoever is answered meanwhile may come with more.
      confirmation.isAsking = true
      if confirmation.counted === connection {
        // One by one: a call that is held nowhere else is sent without a copy.
        var held = Array(confirmation.held.reversed())
        confirmation.held = []
        round.unanswered = held.count
        while let (call, batch) = held.popLast() {
          link.run(call, on: connection).assumeIsolated().whenComplete { result in
            let outcome = self.outcome(of: result)
            round.unanswered -= 1
            guard case .success = outcome else { return self.answered(batch, outcome) }
            round.written.append(batch)
            if let failure = round.failure { self.leave(round, failure) }
          }
        }
      }
      confirmation.counted = connection
      ask(confirmation, for: round)
    }
  }

  private func ask(_ confirmation: ReplicaConfirmation, for round: ConfirmationRound) {
    confirmation.isAsking = true
    round.connection.send(confirmation.question).assumeIsolated().whenComplete { result in
      switch result {
      case .success(.integer(let count)) where count >= confirmation.replicas:
        self.confirmed(confirmation, round)
      case .success(.integer(let count)):
        self.fellShort(confirmation, round, count)
      case .success(.error(let error)):
        self.link.judge(error, on: round.connection)
        self.giveUp(confirmation, round, self.refused(BusError(error)))
      case .success(let reply):
        self.giveUp(confirmation, round, self.refused(.unexpected("\(reply)")))
      case .failure(let error):
        self.giveUp(confirmation, round, BusError(error))
      }
    }
  }

  private func confirmed(_ confirmation: ReplicaConfirmation, _ round: ConfirmationRound) {
    confirmation.refusal = nil
    let written = round.written
    round.written = []
    for batch in written { answered(batch, .success(())) }
    // Sent again by its source, behind the `WAIT`.
    guard round.unanswered == 0 else { return ask(confirmation, for: round) }
    confirmation.isAsking = false
    endChecks(confirmation, .success(()))
    confirmation.held += takeBatches()
    beginRound(confirmation)
  }

  /// Asks again and again, until they have it or the connection is lost.
  private func fellShort(
    _ confirmation: ReplicaConfirmation, _ round: ConfirmationRound, _ count: Int
  ) {
    let detail = "\(count) of \(confirmation.replicas) have it"
    let refusal = refused(.unavailable(.unconfirmed, detail))
    confirmation.refusal = refusal
    leave(round, .unconfirmed(detail))
    failHeld(confirmation, refusal)
    endChecks(confirmation, .failure(refusal))
    eventLoop.assumeIsolated().scheduleTask(in: ReplicaConfirmation.pause) {
      self.ask(confirmation, for: round)
    }
  }

  /// There is no use in asking again on this connection.
  private func giveUp(
    _ confirmation: ReplicaConfirmation, _ round: ConfirmationRound, _ error: BusError
  ) {
    confirmation.refusal = nil
    confirmation.counted = nil
    let failure = BusError.unconfirmed(error.description)
    round.failure = failure
    leave(round, failure)
    let nothingSent =
      if case .unanswered(let detail) = error { BusError.unavailable(detail) } else { error }
    failHeld(confirmation, nothingSent)
    confirmation.isAsking = false
    endChecks(confirmation, .failure(nothingSent))
  }

  private func leave(_ round: ConfirmationRound, _ error: BusError) {
    let written = round.written
    round.written = []
    if !written.isEmpty { condition.noteUnconfirmed(batches: written.count) }
    for batch in written { answered(batch, .failure(error)) }
  }

  private func failHeld(_ confirmation: ReplicaConfirmation, _ error: BusError) {
    confirmation.held += takeBatches()
    let held = confirmation.held
    confirmation.held = []
    for (_, batch) in held { answered(batch, .failure(error)) }
  }

  private func endChecks(_ confirmation: ReplicaConfirmation, _ result: Result<Void, BusError>) {
    let checks = confirmation.checks
    confirmation.checks = []
    for check in checks { check.completeWith(result.mapError { $0 as any Error }) }
  }
}
