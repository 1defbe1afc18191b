import NIOCore
import NIOPosix

/// One request and its answer over TCP on 127.0.0.1, for asking a server whether it is up.
public enum LoopbackClient {
  /// Sends `request` and reads until the server closes, `enough` bytes came, or the deadline passes.
  static func exchange(
    port: Int, request: String, enough: Int = .max, within deadline: Duration = .seconds(2)
  ) async throws -> String {
    let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connectTimeout(TimeAmount(deadline))
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await client.executeThenClose { inbound, outbound in
      let timer = client.channel.eventLoop.scheduleTask(in: TimeAmount(deadline)) {
        client.channel.close(promise: nil)
      }
      defer { timer.cancel() }
      try await outbound.write(ByteBuffer(string: request))
      var answer = ""
      for try await buffer in inbound {
        answer += String(buffer: buffer)
        if answer.utf8.count >= enough { break }
      }
      return answer
    }
  }

  /// An HTTP/1.0 request, whose answer ends with the connection (RFC 1945).
  /// - Returns: the status code.
  public static func status(
    port: Int, method: String = "GET", path: String, body: String = "",
    within deadline: Duration = .seconds(2)
  ) async throws -> Int? {
    let answer = try await exchange(
      port: port,
      request: """
        \(method) \(path) HTTP/1.0\r
        Content-Type: application/x-www-form-urlencoded\r
        Content-Length: \(body.utf8.count)\r
        \r
        \(body)
        """,
      within: deadline)
    let words = answer.prefix { !$0.isNewline }.split(separator: " ")
    return words.count > 1 ? Int(words[1]) : nil
  }
}
