import CurlTransport
import Foundation

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
      HTTPRequest(
        .post, url, headers: ["Content-Type": "application/json"],
        body: Array(try JSONEncoder.google.encode(message)), timeout: .seconds(10)))
    guard response.isSuccess else {
      throw MirrorError.unreachable("the alert webhook answered HTTP \(response.status)")
    }
  }
}
