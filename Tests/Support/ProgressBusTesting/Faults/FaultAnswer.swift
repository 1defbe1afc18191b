/// What a fault server does with one request.
public enum FaultAnswer: Sendable {
  /// A well-formed answer, after a pause.
  case respond(
    status: Int, headers: [(String, String)] = [], body: [UInt8] = [], delay: Duration = .zero)
  /// Says nothing, and keeps the connection open.
  case hang
  /// Closes the connection without a word.
  case cut
  /// Announces the whole body, sends only its first `sent` bytes, and closes the connection.
  case cutBody(status: Int, body: [UInt8], sent: Int)
  /// Sends these bytes in place of an answer, and closes the connection.
  case garbage([UInt8])
  /// Sends the body a byte at a time, with a pause before each.
  case trickle(status: Int, body: [UInt8], pause: Duration)
  /// What the closure returns, once it does.
  case deferred(@Sendable () async -> FaultAnswer)

  /// An answer with a text for its body.
  public static func text(
    _ status: Int, _ body: String, headers: [(String, String)] = [], delay: Duration = .zero
  ) -> FaultAnswer {
    .respond(status: status, headers: headers, body: Array(body.utf8), delay: delay)
  }

  /// An answer with a JSON body.
  public static func json(
    _ status: Int, _ body: String, headers: [(String, String)] = [], delay: Duration = .zero
  ) -> FaultAnswer {
    .text(status, body, headers: [("Content-Type", "application/json")] + headers, delay: delay)
  }
}
