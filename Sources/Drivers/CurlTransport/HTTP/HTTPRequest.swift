/// A request. URL, headers and body may hold secrets, so a description shows none of them.
public struct HTTPRequest: Sendable {
  public var method: HTTPMethod
  /// An absolute `http` or `https` URL, percent-encoded.
  public var url: String
  public var headers: HTTPHeaders
  public var body: [UInt8]
  /// How long making the connection may take, name resolution and TLS included.
  public var connectTimeout: Duration
  /// How long the whole exchange may take.
  public var timeout: Duration
  /// The largest response body that is taken, in bytes, after decompression.
  public var responseLimit: Int

  public init(
    _ method: HTTPMethod, _ url: String, headers: HTTPHeaders = [:], body: [UInt8] = [],
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

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "\(method.rawValue) request, \(body.count) bytes" }
  public var debugDescription: String { description }
  public var customMirror: Mirror {
    Mirror(self, children: ["method": method.rawValue, "bytes": body.count])
  }
}
