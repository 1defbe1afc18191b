/// A request as a fault server got it.
public struct RecordedRequest: Sendable {
  public let method: String
  /// The path and the query, still percent-encoded.
  public let target: String
  /// Names in lower case; the last value wins.
  public let headers: [String: String]
  public let body: [UInt8]
  /// Tells connections apart: 0 for the server's first.
  public let connection: Int

  public init(
    method: String, target: String, headers: [String: String], body: [UInt8], connection: Int
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.connection = connection
  }

  /// The body as text.
  public var text: String { String(decoding: body, as: UTF8.self) }
}
