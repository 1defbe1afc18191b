/// How a `CurlTransport` connects.
public struct CurlConfiguration: Sendable, Equatable {
  /// The most connections to one host at a time; further requests wait for a free one.
  public var connectionsPerHost: Int
  /// A PEM file of the certificate authorities to trust; nil for the system's.
  public var certificateAuthorityFile: String?
  /// The `User-Agent` header.
  public var userAgent: String

  public init(
    connectionsPerHost: Int = 4, certificateAuthorityFile: String? = nil,
    userAgent: String = "ProgressBus"
  ) {
    self.connectionsPerHost = connectionsPerHost
    self.certificateAuthorityFile = certificateAuthorityFile
    self.userAgent = userAgent
  }
}
