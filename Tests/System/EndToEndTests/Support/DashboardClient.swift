import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import ProgressBusTesting
import Synchronization

/// A teacher's dashboard: a WebSocket subscriber that keeps every line it is told.
final class DashboardClient: Sendable {
  private let channel: any Channel
  private let inbox: DashboardInbox

  private init(channel: any Channel, inbox: DashboardInbox) {
    self.channel = channel
    self.inbox = inbox
  }

  struct UpgradeRefused: Error {}

  /// Waits for the greeting: what is published from then on comes.
  ///
  /// - Parameters:
  ///   - query: with its `?`.
  ///   - receiveBuffer: the socket's buffer in bytes, nil for the system's.
  static func connect(
    to process: ProgressBusProcess, query: String = "", receiveBuffer: Int? = nil
  ) async throws -> DashboardClient {
    let inbox = DashboardInbox()
    var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    if let receiveBuffer {
      bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer))
    }
    let upgrade = try await bootstrap.connect(host: "127.0.0.1", port: process.port) { channel in
      channel.eventLoop.makeCompletedFuture {
        let upgrader = NIOTypedWebSocketClientUpgrader<(any Channel)?>(
          maxFrameSize: 64 << 20
        ) { channel, _ in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(DashboardHandler(inbox))
            return channel
          }
        }
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
          upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
            upgradeRequestHead: HTTPRequestHead(
              version: .http1_1, method: .GET, uri: "/ws/dashboard" + query,
              headers: ["Host": "127.0.0.1"]),
            upgraders: [upgrader],
            notUpgradingCompletionHandler: { $0.eventLoop.makeSucceededFuture(nil) }))
        configuration.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations
          .configureUpgradableHTTPClientPipeline(configuration: configuration)
      }
    }
    guard let channel = try await upgrade.get() else { throw UpgradeRefused() }
    let client = DashboardClient(channel: channel, inbox: inbox)
    // The upgrade is answered before the subscriber is one of those who are sent to.
    try await eventually("the greeting of a dashboard") {
      client.lineCount > 0 || client.closeCode != nil || client.isClosed
    }
    return client
  }

  /// Every line so far, control objects too.
  var lines: [String] { inbox.state.withLock { $0.lines } }

  var lineCount: Int { inbox.state.withLock { $0.lines.count } }

  /// The events so far, as they came.
  var events: [String] { lines.filter { !$0.hasPrefix(#"{"control""#) } }

  /// The positions of the events so far.
  var streamIDs: [String] { events.compactMap { $0.member("stream_id") } }

  /// The code of the server's close frame.
  var closeCode: Int? { inbox.state.withLock { $0.closeCode } }

  /// Whether the connection has ended.
  var isClosed: Bool { !channel.isActive }

  func setReading(_ reads: Bool) async throws {
    try await channel.setOption(.autoRead, value: reads).get()
  }

  func close() { channel.close(promise: nil) }
}

/// What has come to a dashboard.
final class DashboardInbox: Sendable {
  struct State {
    var lines: [String] = []
    var closeCode: Int?
  }

  let state = Mutex(State())
}

private final class DashboardHandler: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private let inbox: DashboardInbox

  init(_ inbox: DashboardInbox) {
    self.inbox = inbox
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    var payload = frame.unmaskedData
    switch frame.opcode {
    case .text:
      let lines = String(buffer: payload).split(separator: "\n").map(String.init)
      inbox.state.withLock { $0.lines += lines }
    case .ping:
      let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: payload)
      context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
    case .connectionClose:
      let code = payload.readInteger(as: UInt16.self)
      inbox.state.withLock { $0.closeCode = code.map(Int.init) }
      context.close(promise: nil)
    default: break
    }
  }
}

extension String {
  /// The value of a member of a flat JSON object that is a string or a number.
  func member(_ name: String) -> String? {
    guard let object = try? JSONSerialization.jsonObject(with: Data(utf8)) as? [String: Any]
    else { return nil }
    return object[name].map { "\($0)" }
  }
}
