import Logging

/// Raises alerts: in the log, as a metric, at the webhook.
actor AlertMonitor {
  private var rule: AlertRule
  private let webhook: AlertWebhook?
  private let logger: Logger
  /// What the webhook has not taken yet.
  private var untold: [AlertRule.Alert] = []

  init(rule: AlertRule, webhook: AlertWebhook?, logger: Logger) {
    self.rule = rule
    self.webhook = webhook
    self.logger = logger
  }

  func look(at totals: MirrorStatus.Totals) async {
    let raised = rule.alerts(pending: totals.pending, failed: totals.failed, at: .now)
    for alert in raised {
      MirrorMetrics.countAlert(alert.rawValue)
      logger.log(
        level: alert == .failedRows ? .error : .warning, "\(text(alert, totals))",
        metadata: ["pending": "\(totals.pending)", "failed": "\(totals.failed)"])
    }
    guard let webhook else { return }
    let telling = untold + raised.filter { $0 == .failedRows && !untold.contains($0) }
    untold = []
    for alert in telling {
      do {
        try await webhook.send(alert.rawValue, text: text(alert, totals), totals: totals)
      } catch {
        logger.error(
          "the alert webhook could not be told; it will be tried again",
          metadata: ["error": "\(error)"])
        untold.append(alert)
      }
    }
  }

  private func text(_ alert: AlertRule.Alert, _ totals: MirrorStatus.Totals) -> String {
    switch alert {
    case .pendingRows:
      "\(totals.pending) rows wait for BigQuery, more than \(rule.pendingLimit)"
    case .failedRows:
      "\(totals.failed) rows for BigQuery were given up, more than \(rule.failedLimit)"
    }
  }
}
