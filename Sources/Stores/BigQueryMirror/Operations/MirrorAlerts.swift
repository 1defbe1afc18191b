import CurlTransport
import Foundation
import HTTPTypes
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

/// Tells another program of alerts.
struct AlertWebhook: Sendable {
  let url: String
  let transport: any HTTPTransport

  private struct Message: Encodable {
    let source = "progressbus"
    let alert: String
    let text: String
    let pending: Int
    let failed: Int
  }

  /// - Throws: `TransportError`, or `MirrorError.unreachable` when the answer is no success.
  func send(_ alert: String, text: String, totals: MirrorStatus.Totals) async throws {
    let message = Message(
      alert: alert, text: text, pending: totals.pending, failed: totals.failed)
    let response = try await transport.send(
      TransportRequest(
        .post, url, headers: [.contentType: "application/json"],
        body: Array(try JSONEncoder.google.encode(message)), timeout: .seconds(10)))
    guard response.isSuccess else {
      throw MirrorError.unreachable("the alert webhook answered HTTP \(response.status)")
    }
  }
}
