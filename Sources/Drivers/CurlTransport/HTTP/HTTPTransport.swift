/// Sends HTTP requests and brings the answers back.
public protocol HTTPTransport: Sendable {
  /// Sends a request and waits for the whole answer, whatever its status. Redirects are not
  /// followed. Cancelling the task abandons the request.
  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse

  /// Fails what is under way with `.closed` and frees every connection. Later requests fail alike.
  func shutdown() async
}
