import EventBus
import NIOConcurrencyHelpers
import NIOCore
import WorkerRuntime

/// A sink in memory that fails as it is told.
final class RecordingSink: Sink {
  enum RefusalStyle { case throwing, naming }

  struct State {
    /// How often each payload was stored.
    var stored: [String: Int] = [:]
    var writes: [[String]] = []
    var checks = 0
    var writing = 0
    var mostWriting = 0
    var isClosed = false
    var isDown = false
    /// Writes wait while this is true.
    var isHeld = false
    var refusalCause = Refusal.Cause.event
    /// What a write with these payloads throws.
    var failure: @Sendable ([String]) -> SinkError? = { _ in nil }
  }

  let name: String
  let batchSize: Int
  let lanes: Int
  let state: NIOLockedValueBox<State>
  private let refused: Set<String>
  private let style: RefusalStyle
  private let isFoundUp: Bool
  private let poison: Set<String>
  private let dies: @Sendable () -> Void

  /// - Parameters:
  ///   - isFoundUp: Whether the check says that it is up, though writes do not.
  ///   - poison: Payloads whose write ends with `dies`, and stores nothing.
  init(
    _ name: String = "postgres", batchSize: Int = 50, lanes: Int = 2, refused: Set<String> = [],
    style: RefusalStyle = .throwing, isDown: Bool = false, isFoundUp: Bool = false,
    poison: Set<String> = [], dies: @escaping @Sendable () -> Void = {}
  ) {
    self.name = name
    self.batchSize = batchSize
    self.lanes = lanes
    self.refused = refused
    self.style = style
    self.isFoundUp = isFoundUp
    self.poison = poison
    self.dies = dies
    state = NIOLockedValueBox(State(isDown: isDown))
  }

  var stored: [String: Int] { state.withLockedValue { $0.stored } }
  func setDown(_ isDown: Bool) { state.withLockedValue { $0.isDown = isDown } }
  func fail(_ failure: @escaping @Sendable ([String]) -> SinkError?) {
    state.withLockedValue { $0.failure = failure }
  }
  func setHeld(_ isHeld: Bool) { state.withLockedValue { $0.isHeld = isHeld } }

  func write(_ batch: [JournalEntry]) async throws(SinkError) -> [Refusal] {
    let payloads = batch.map { String(buffer: $0.payload) }
    state.withLockedValue { state in
      state.writes.append(payloads)
      state.writing += 1
      state.mostWriting = max(state.mostWriting, state.writing)
    }
    defer { state.withLockedValue { $0.writing -= 1 } }
    await Task.yield()
    // Not even a cancelled write comes back: the worst of sinks.
    while state.withLockedValue({ $0.isHeld }) {
      await Task.detached { try? await Task.sleep(for: .milliseconds(1)) }.value
    }
    if !poison.isDisjoint(with: payloads) {
      dies()
      throw .unavailable("killed")
    }
    if state.withLockedValue({ $0.isDown }) { throw .unavailable("connection refused") }
    if let failure = state.withLockedValue({ $0.failure })(payloads) { throw failure }
    let bad = payloads.indices.filter { refused.contains(payloads[$0]) }
    if style == .throwing, !bad.isEmpty { throw .refused("value out of range") }
    state.withLockedValue { state in
      for (index, payload) in payloads.enumerated() where !bad.contains(index) {
        state.stored[payload, default: 0] += 1
      }
    }
    let cause = state.withLockedValue { $0.refusalCause }
    return bad.map { Refusal(index: $0, reason: "value out of range", cause: cause) }
  }

  func check() async throws(SinkError) {
    let isDown = state.withLockedValue { state in
      state.checks += 1
      return state.isDown
    }
    if isDown, !isFoundUp { throw .unavailable("connection refused") }
  }

  func close() async {
    state.withLockedValue { $0.isClosed = true }
  }
}
