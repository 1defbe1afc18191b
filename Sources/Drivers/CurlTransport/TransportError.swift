/// Why a request got no answer. Holds nothing of the request: URLs and headers may be secret.
public struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    /// The URL is malformed or neither `http` nor `https`.
    case invalidURL
    /// A limit is out of range; names which.
    case invalidRequest(String)
    case cannotResolve
    case cannotConnect
    /// TLS failed: the handshake, the certificate, or the file of authorities.
    case tls
    case timedOut
    /// The connection broke before the answer was whole.
    case connectionLost
    /// What came back is no HTTP.
    case malformedResponse
    /// The answer is larger than the request allows.
    case responseTooLarge
    /// The task was cancelled.
    case cancelled
    /// The transport has been shut down.
    case closed
    /// Another failure of the library; the text is its own, fixed for each code.
    case failed(String)
  }

  public let reason: Reason
  /// False when no byte of the request can have reached the server. When true, the server may have
  /// acted on it.
  public let mayHaveReachedServer: Bool

  public init(_ reason: Reason, mayHaveReachedServer: Bool = false) {
    self.reason = reason
    self.mayHaveReachedServer = mayHaveReachedServer
  }

  public var description: String {
    switch reason {
    case .invalidURL: "the URL is not a valid http or https URL"
    case .invalidRequest(let what): "the request is invalid: \(what)"
    case .cannotResolve: "the host name cannot be resolved"
    case .cannotConnect: "the server cannot be connected to"
    case .tls: "TLS with the server failed"
    case .timedOut: "the server did not answer in time"
    case .connectionLost: "the connection was lost"
    case .malformedResponse: "the answer is not HTTP"
    case .responseTooLarge: "the answer is too large"
    case .cancelled: "the request was cancelled"
    case .closed: "the transport is shut down"
    case .failed(let why): "the request failed: \(why)"
    }
  }
}
