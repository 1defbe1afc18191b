import NIOCore
import NIOPosix

/// One request as bytes, on a connection of its own, and what came back.
struct RawExchange: Sendable {
  var status: Int?
  /// The status line and the header, as they came.
  var head: String
  var body: String

  /// Sends `pieces` and reads until the server closes the connection, both at the same time.
  init(port: Int, sending pieces: [ByteBuffer]) async throws {
    let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    let text = try await client.executeThenClose { inbound, outbound in
      let sending = Task {
        for piece in pieces { try await outbound.write(piece) }
      }
      var text = ""
      do {
        for try await buffer in inbound { text += String(buffer: buffer) }
      } catch is IOError {
        // A reset behind the answer ends it as well.
      }
      // The server may have hung up before all was sent.
      sending.cancel()
      _ = await sending.result
      return text
    }
    let end = text.firstRange(of: "\r\n\r\n")
    head = end.map { String(text[..<$0.lowerBound]) } ?? text
    body = end.map { String(text[$0.upperBound...]) } ?? ""
    status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) }
  }
}
