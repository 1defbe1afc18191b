import NIOCore
import NIOEmbedded
import NIOWebSocket

@testable import HTTPServer

extension FuzzTarget {
  /// The frames of a client: whatever the pieces, the same is made of them, and no message is over its limit.
  static let webSocketFrames = FuzzTarget(
    "websocket-frames",
    seeds: [1, 3, 256].map { length in Pieces.seed(frames, length: length) }
  ) { input in
    guard let pieces = Pieces(input) else { return nil }
    let whole = read([pieces.whole])
    let inPieces = read(Array(pieces))
    if whole.contains(where: isTooLarge) { return "a message over its limit" }
    return inPieces == whole ? nil : "pieces: \(inPieces), whole: \(whole)"
  }

  private static let limit = 1024

  /// A text, a message of two frames with a ping between them, and a close.
  private static let frames: [UInt8] =
    masked(0x81, "after") + masked(0x01, "日") + masked(0x89, "?") + masked(0x80, "本")
    + masked(0x88, "\u{3}\u{e8}")

  private static func masked(_ head: UInt8, _ text: String) -> [UInt8] {
    // With a key of zeros the bytes stay as they are.
    [head, 0x80 | UInt8(text.utf8.count), 0, 0, 0, 0] + Array(text.utf8)
  }

  private static func isTooLarge(_ action: WebSocketProtocolState.Action) -> Bool {
    switch action {
    case .deliverText(let message), .deliverBinary(let message): message.readableBytes > limit
    default: false
    }
  }

  /// What the server does, up to the first frame that breaks the protocol.
  private static func read(_ pieces: [ByteBuffer]) -> [WebSocketProtocolState.Action] {
    let frames = FrameCollector(limit: limit)
    let channel = EmbeddedChannel(
      handlers: [ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limit)), frames])
    for piece in pieces {
      // The decoder's refusal of a frame ends the connection, as it does in the program.
      do { try channel.writeInbound(piece) } catch { break }
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    return frames.actions
  }
}

private final class FrameCollector: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame

  private(set) var actions: [WebSocketProtocolState.Action] = []
  private var state: WebSocketProtocolState
  private var isOver = false

  init(limit: Int) {
    var configuration = WebSocketConfiguration()
    configuration.maximumMessageSize = limit
    state = WebSocketProtocolState(configuration, now: .now())
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isOver else { return }
    let action = state.receive(unwrapInboundIn(data), now: .now())
    if case .fail = action { isOver = true }
    actions.append(action)
  }
}
