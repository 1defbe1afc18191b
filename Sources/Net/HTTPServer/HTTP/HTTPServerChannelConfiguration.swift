public import NIOCore

/// Limits and timeouts of an HTTP/1.1 connection.
public struct HTTPServerChannelConfiguration: Sendable {
  /// How long a new connection may take to send the head of its first request.
  public var headTimeout: TimeAmount = .seconds(30)
  /// How long a connection may stay without a request after an answer.
  public var idleTimeout: TimeAmount = .seconds(75)
  /// How long a request's body may take to arrive, from its head on; then 408.
  public var bodyTimeout: TimeAmount = .seconds(30)
  /// How long a connection that we have finished waits for the peer to close, so that the peer can
  /// read our last answer before a reset reaches it (RFC 9112, section 9.6).
  public var lingerTimeout: TimeAmount = .seconds(2)
  /// How long requests in flight may take once the server shuts down.
  public var shutdownTimeout: TimeAmount = .seconds(5)
  /// The longest header field, in bytes; then 431.
  public var maximumHeaderFieldSize = 16 * 1024
  /// All header fields of a request together, in bytes; then 431.
  public var maximumHeaderListSize = 32 * 1024
  /// Header fields in a request; then 431.
  public var maximumHeaderFieldCount = 100

  public init() {}
}
