public import CurlTransport
import HTTPTypes

/// Asks a running process for its health, for container engines and service managers that know exit
/// codes only.
public struct HealthProbe: Sendable {
  public enum Question: String, Sendable, CaseIterable {
    /// Does the process answer at all?
    case live
    /// Can it do its work? No while the bus takes no events; yes while only a sink is away.
    case ready
  }

  /// What the process said.
  public struct Answer: Sendable, Equatable {
    /// Whether the answer's status is a success.
    public let isHealthy: Bool
    /// The body, JSON.
    public let body: String
  }

  /// Ends before a container engine's usual limit of 5 s for a check, so that the reason is seen.
  private static let timeout = Duration.seconds(4)

  private let baseURL: String
  private let transport: any HTTPTransport

  /// - Parameter baseURL: `http://host:port`, or `https://` with a host that the certificate names.
  public init(baseURL: String, transport: any HTTPTransport = CurlTransport()) {
    self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
    self.transport = transport
  }

  /// Where a process with these settings listens, as seen from its own machine: the addresses that
  /// stand for every interface become loopback.
  ///
  /// - Throws: `ConfigurationError` when the port is chosen by the system, and so known to nobody.
  public static func baseURL(_ settings: ResolvedSettings) throws(ConfigurationError) -> String {
    let port = settings.integer("http.port")
    guard port != 0 else {
      throw ConfigurationError("PROGRESSBUS_HTTP_PORT", "is 0, so --url must say where to ask")
    }
    let host = try settings.text("http.host", for: "the probe")
    let reachable =
      switch host {
      case "0.0.0.0": "127.0.0.1"
      case "::": "[::1]"
      default: host.contains(":") ? "[\(host)]" : host
      }
    let scheme = settings.text("http.tls_certificate") == nil ? "http" : "https"
    return "\(scheme)://\(reachable):\(port)"
  }

  /// - Throws: `TransportError` when there is no answer within 4 s.
  public func ask(_ question: Question) async throws(TransportError) -> Answer {
    let response = try await transport.send(
      TransportRequest(
        .get, "\(baseURL)/health/\(question.rawValue)", connectTimeout: Self.timeout,
        timeout: Self.timeout, responseLimit: 1 << 20))
    return Answer(
      isHealthy: response.isSuccess, body: String(decoding: response.body, as: UTF8.self))
  }
}
