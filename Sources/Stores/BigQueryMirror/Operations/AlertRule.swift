/// Decides when the operator is told about a queue that grows or rows that were given up.
struct AlertRule {
  enum Alert: String, CaseIterable, Sendable {
    case pendingRows = "pending_rows"
    case failedRows = "failed_rows"
  }

  /// How often a state that lasts is told again.
  private static let repetition = Duration.seconds(600)

  let pendingLimit: Int
  let failedLimit: Int
  private var toldAt: [Alert: ContinuousClock.Instant] = [:]

  init(pendingLimit: Int, failedLimit: Int) {
    self.pendingLimit = pendingLimit
    self.failedLimit = failedLimit
  }

  /// What is to be told at `now`.
  mutating func alerts(
    pending: Int, failed: Int, at now: ContinuousClock.Instant
  ) -> [Alert] {
    let states: [(Alert, Bool)] = [
      (.pendingRows, pending > pendingLimit), (.failedRows, failed > failedLimit),
    ]
    return states.compactMap { alert, isOver in
      guard isOver else {
        toldAt[alert] = nil
        return nil
      }
      if let last = toldAt[alert], now - last < Self.repetition { return nil }
      toldAt[alert] = now
      return alert
    }
  }
}
