internal import NIOConcurrencyHelpers

/// The series that a limit of the server has refused lately. Their points are not sent again for a while:
/// each would be refused, and cost good points beside it.
final class RefusedSeries: Sendable {
  private struct State {
    var hashes: Set<Int> = []
    var refusal: InfluxRefusal?
    var nextProbe: ContinuousClock.Instant?
  }

  /// More series are found out again and again, rather than remembered.
  private static let capacity = 200_000
  /// How soon it is noticed that the limit was lifted.
  private static let probeInterval = Duration.seconds(60)

  private let state = NIOLockedValueBox(State())

  /// What is known about the lines of a batch.
  ///
  /// - Returns: the refusal of each line that need not be sent, and the line that is to be sent alone, to
  ///   see whether the limit still holds.
  func known(
    in batch: LineBatch, at now: ContinuousClock.Instant = .now
  ) -> (refused: [Int: InfluxRefusal], probe: Int?) {
    state.withLockedValue { state in
      guard let refusal = state.refusal else { return ([:], nil) }
      var refused: [Int: InfluxRefusal] = [:]
      for line in 0..<batch.count where state.hashes.contains(batch.seriesHash(of: line)) {
        refused[line] = refusal
      }
      guard let first = refused.keys.min(), let nextProbe = state.nextProbe, now >= nextProbe
      else { return (refused, nil) }
      state.nextProbe = now + Self.probeInterval
      return (refused, first)
    }
  }

  func add(_ hashes: some Sequence<Int>, _ refusal: InfluxRefusal) {
    state.withLockedValue { state in
      if state.hashes.count >= Self.capacity { state.hashes.removeAll() }
      state.hashes.formUnion(hashes)
      state.refusal = refusal
      if state.nextProbe == nil { state.nextProbe = .now + Self.probeInterval }
    }
  }

  /// The limit does not hold any longer.
  func forget() {
    state.withLockedValue { $0 = State() }
  }
}
