/// An answer, whatever its status.
public struct HTTPResponse: Sendable, Equatable {
  public let status: Int
  public let headers: HTTPHeaders
  /// The body, decompressed.
  public let body: [UInt8]

  public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// Whether the status is in 200...299.
  public var isSuccess: Bool { (200...299).contains(status) }
}
