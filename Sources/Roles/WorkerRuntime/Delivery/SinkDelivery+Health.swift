import Observability

extension SinkDelivery {
  /// What the last write told, and otherwise what the sink says of itself.
  func health() async -> HealthCheckResult {
    if case .down(let reason) = availability.state {
      return HealthCheckResult(.down, detail: reason)
    }
    do throws(SinkError) {
      try await sink.check()
      return HealthCheckResult(.ok)
    } catch {
      return HealthCheckResult(.down, detail: error.reason)
    }
  }
}
