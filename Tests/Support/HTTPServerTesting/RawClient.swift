public import NIOCore
import NIOPosix
import NIOWebSocket
public import TLS

/// A TCP client that speaks bytes, so that tests see exactly what the server sends.
public actor RawClient {
  public struct TimedOut: Error {
    public init() {}
  }
  public struct ConnectionClosed: Error {}

  public struct Response: Sendable {
    public var status: Int
    public var headers: [String: String]
    public var body: String
  }

  public struct Frame: Equatable, Sendable {
    public var opcode: UInt8
    public var payload: ByteBuffer
    public var text: String { String(buffer: payload) }
    /// The code of a close frame.
    public var closeCode: Int? {
      payload.getInteger(at: payload.readerIndex, as: UInt16.self).map(Int.init)
    }
  }

  public nonisolated let channel: any Channel
  private var incoming: AsyncThrowingStream<ByteBuffer, any Error>.Iterator
  private var received = ByteBuffer()

  /// - Parameter tls: for a server of HTTPS whose certificate names `localhost`.
  public init(port: Int, tls: TLSContext? = nil) async throws {
    let (stream, continuation) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
    channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls {
            try channel.pipeline.syncOperations.addHandler(
              TLSHandler(tls, serverName: "localhost"))
          }
          try channel.pipeline.syncOperations.addHandler(Collector(continuation))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    incoming = stream.makeAsyncIterator()
  }

  public func send(_ text: String) async throws {
    try await channel.writeAndFlush(ByteBuffer(string: text)).get()
  }

  public func send(_ bytes: [UInt8]) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  /// A masked frame, as a client must send it.
  public func sendFrame(opcode: UInt8, _ payload: String, final: Bool = true) async throws {
    try await sendFrame(opcode: opcode, bytes: Array(payload.utf8), final: final)
  }

  public func sendClose(_ code: UInt16) async throws {
    try await sendFrame(opcode: 8, bytes: [UInt8(code >> 8), UInt8(code & 0xFF)], final: true)
  }

  private func sendFrame(opcode: UInt8, bytes: [UInt8], final: Bool) async throws {
    let key: [UInt8] = [1, 2, 3, 4]
    precondition(bytes.count < 126)
    var frame: [UInt8] = [(final ? 0x80 : 0) | opcode, 0x80 | UInt8(bytes.count)]
    frame += key
    for (index, byte) in bytes.enumerated() { frame.append(byte ^ key[index % 4]) }
    try await send(frame)
  }

  /// - Parameter hasBody: false for the answer to a HEAD, whose `Content-Length` is of what GET would get.
  public func response(hasBody: Bool = true) async throws -> Response {
    while true {
      let text = String(buffer: received)
      if let end = text.firstRange(of: "\r\n\r\n") {
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
          let parts = line.split(separator: ":", maxSplits: 1)
          let (name, value) = (parts[0].lowercased(), String(parts[1].drop { $0 == " " }))
          // The one field whose values cannot be joined by commas; here each has a line.
          let others = name == "set-cookie" ? headers[name].map { "\($0)\n" } ?? "" : ""
          headers[name] = others + value
        }
        let status = Int(lines[0].split(separator: " ")[1])!
        let headLength = text[..<end.upperBound].utf8.count
        let bodyLength = hasBody && status != 304 ? Int(headers["content-length"] ?? "0")! : 0
        if received.readableBytes >= headLength + bodyLength {
          received.moveReaderIndex(forwardBy: headLength)
          let body = received.readString(length: bodyLength)!
          return Response(status: status, headers: headers, body: body)
        }
      }
      try await readMore()
    }
  }

  public func frame() async throws -> Frame {
    while true {
      if let frame = parseFrame() { return frame }
      try await readMore()
    }
  }

  /// Waits for the peer to close; returns what came before.
  public func remainder() async throws -> ByteBuffer {
    while true {
      do { try await readMore() } catch is ConnectionClosed { return received }
    }
  }

  public func upgrade(
    _ target: String = "/ws", host: String = "test", extra: String = ""
  ) async throws -> Response {
    try await send(
      """
      GET \(target) HTTP/1.1\r
      Host: \(host)\r
      Upgrade: websocket\r
      Connection: keep-alive, Upgrade\r
      Sec-WebSocket-Version: 13\r
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
      \(extra)\r

      """)
    return try await response()
  }

  public nonisolated func close() { channel.close(promise: nil) }

  private func parseFrame() -> Frame? {
    var bytes = received
    guard let first = bytes.readInteger(as: UInt8.self),
      let second = bytes.readInteger(as: UInt8.self)
    else { return nil }
    var length = Int(second)
    if second == 126 {
      guard let long = bytes.readInteger(as: UInt16.self) else { return nil }
      length = Int(long)
    } else if second == 127 {
      guard let long = bytes.readInteger(as: UInt64.self) else { return nil }
      length = Int(long)
    }
    guard let payload = bytes.readSlice(length: length) else { return nil }
    received = bytes
    return Frame(opcode: first & 0x0F, payload: payload)
  }

  private func readMore() async throws {
    let channel = channel
    let deadline = Task {
      try await Task.sleep(for: .seconds(15))
      channel.pipeline.fireErrorCaught(TimedOut())
    }
    defer { deadline.cancel() }
    var iterator = incoming
    guard var bytes = try await iterator.next(isolation: #isolation) else {
      throw ConnectionClosed()
    }
    incoming = iterator
    received.writeBuffer(&bytes)
  }

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let continuation: AsyncThrowingStream<ByteBuffer, any Error>.Continuation

    init(_ continuation: AsyncThrowingStream<ByteBuffer, any Error>.Continuation) {
      self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      continuation.yield(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      // A reset after the last answer is an end like any other.
      if error is IOError { continuation.finish() } else { continuation.finish(throwing: error) }
      context.close(promise: nil)
    }
  }
}
