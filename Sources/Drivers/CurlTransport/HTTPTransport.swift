public import HTTPTypes

/// Sends HTTP requests and brings the answers back.
public protocol HTTPTransport: Sendable {
  /// Sends a request and waits for the whole answer, whatever its status. Redirects are not
  /// followed. Cancelling the task abandons the request.
  func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse

  /// Fails what is under way with `.closed` and frees every connection. Later requests fail alike.
  func shutdown() async
}

/// A request. URL, headers and body may hold secrets, so a description shows none of them.
public struct TransportRequest: Sendable {
  public var method: HTTPRequest.Method
  /// An absolute `http` or `https` URL, percent-encoded.
  public var url: String
  public var headers: HTTPFields
  public var body: [UInt8]
  /// How long making the connection may take, name resolution and TLS included.
  public var connectTimeout: Duration
  /// How long the whole exchange may take.
  public var timeout: Duration
  /// The largest response body that is taken, in bytes, after decompression.
  public var responseLimit: Int
  /// Whether the request may go out anew when a kept connection ends before the answer begins, as it does
  /// when the server had closed it: libcurl cannot tell that from a server that acted and died. False
  /// for a request with a body that must not be made twice; it fails then.
  public var mayBeResent = true

  public init(
    _ method: HTTPRequest.Method, _ url: String, headers: HTTPFields = [:], body: [UInt8] = [],
    connectTimeout: Duration = .seconds(5), timeout: Duration = .seconds(30),
    responseLimit: Int = 8 << 20
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.connectTimeout = connectTimeout
    self.timeout = timeout
    self.responseLimit = responseLimit
  }
}

extension TransportRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
  public var description: String { "\(method.rawValue) request, \(body.count) bytes" }
  public var debugDescription: String { description }
  public var customMirror: Mirror {
    Mirror(self, children: ["method": method.rawValue, "bytes": body.count])
  }
}

/// An answer, whatever its status.
public struct TransportResponse: Sendable, Equatable {
  public let status: Int
  public let headers: HTTPFields
  /// The body, decompressed.
  public let body: [UInt8]

  public init(status: Int, headers: HTTPFields = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// Whether the status is in 200...299.
  public var isSuccess: Bool { (200...299).contains(status) }
}
