import Broadcaster
import EventBus
import Foundation
import HTTPServer
import HTTPServerTesting
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// What a subscriber is told, one item a line of a frame.
enum Line: Equatable, CustomStringConvertible {
  case hello(String)
  /// How far it has come, where the journal has several partitions.
  case cursor(String)
  case gap(after: String, first: String?)
  case event(String)
  case closed(Int?)

  /// Nil once the server has closed.
  var unlessClosed: Line? {
    if case .closed = self { nil } else { self }
  }

  var description: String {
    switch self {
    case .hello(let id): "hello \(id)"
    case .cursor(let cursor): "cursor \(cursor)"
    case .gap(let after, let first): "gap \(after) … \(first ?? "null")"
    case .event(let id): id
    case .closed(let code): "closed \(code.map(String.init) ?? "")"
    }
  }
}

/// A subscriber on a real socket.
actor Dashboard {
  let client: RawClient
  private var lines: [Line] = []

  /// - Parameter isPaused: takes one piece behind the handshake's answer at most, until its channel is told to
  ///   read.
  init(port: Int, query: String = "", isPaused: Bool = false) async throws {
    client = try await RawClient(port: port)
    if isPaused {
      try await client.channel.setOption(.autoRead, value: false).get()
      try await client.channel.setOption(.maxMessagesPerRead, value: 1).get()
      client.channel.read()
    }
    let response = try await client.upgrade("/ws/dashboard" + query)
    guard response.status == 101 else { throw Refused(response: response) }
  }

  struct Refused: Error {
    let response: RawClient.Response
  }

  func next() async throws -> Line {
    while lines.isEmpty {
      let frame = try await client.frame()
      switch frame.opcode {
      case 8: lines.append(.closed(frame.closeCode))
      case 1: lines = try frame.text.split(separator: "\n").map(Self.parse)
      default: break
      }
    }
    return lines.removeFirst()
  }

  func next(_ count: Int) async throws -> [Line] {
    var result: [Line] = []
    for _ in 0..<count { result.append(try await next()) }
    return result
  }

  /// Takes everything from now on.
  nonisolated func readOn() async throws {
    try await client.channel.setOption(.autoRead, value: true).get()
  }

  nonisolated func close() { client.close() }

  private static func parse(_ text: Substring) throws -> Line {
    struct Object: Decodable {
      var control: String?
      var streamID: String?
      var cursor: String?
      var after: String?
      var first: String?

      enum CodingKeys: String, CodingKey {
        case control, cursor, after, first
        case streamID = "stream_id"
      }
    }
    let object = try JSONDecoder().decode(Object.self, from: Data(text.utf8))
    switch object.control {
    case "hello": return .hello((object.streamID ?? object.cursor)!)
    case "cursor": return .cursor(object.cursor!)
    case "gap": return .gap(after: object.after!, first: object.first)
    default: return .event(object.streamID!)
    }
  }
}

/// A subscriber that takes a piece when it is told to.
struct SlowDashboard: Sendable {
  private static let pieceLength = 65_536

  let dashboard: Dashboard
  private let pieces = NIOLockedValueBox(0)

  init(port: Int) async throws {
    dashboard = try await Dashboard(port: port, isPaused: true)
    let channel = dashboard.client.channel
    try await channel.setOption(
      .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.pieceLength)
    ).get()
    try await channel.setOption(.socketOption(.so_rcvbuf), value: 65_536).get()
  }

  var mostBytesRead: Int { pieces.withLockedValue { $0 } * Self.pieceLength }

  func readPiece() {
    pieces.withLockedValue { $0 += 1 }
    dashboard.client.channel.read()
  }
}

/// Runs `body` against a server with a hub on `bus`, and stops both.
func withHub(
  _ bus: some Journal & FakeChannel, configuration: BroadcastConfiguration = .init(),
  isSubscribed: Bool = true,
  _ body: @escaping @Sendable (_ port: Int, _ hub: BroadcastHub) async throws -> Void
) async throws {
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  let hub = BroadcastHub(
    journal: bus, eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
    configuration: configuration, logger: logger)
  let running = Task { try await hub.run() }
  if isSubscribed {
    try await bus.connect(hub)
    try await waitUntilOpen(hub)
  }
  var webSocketConfiguration = WebSocketConfiguration()
  webSocketConfiguration.closeTimeout = .milliseconds(200)
  try await withServer(
    webSocketConfiguration: webSocketConfiguration, webSockets: [hub.route()]
  ) { port, _ in
    try await body(port, hub)
  }
  running.cancel()
  try await running.value
}

func waitUntilOpen(_ hub: BroadcastHub) async throws {
  let deadline = ContinuousClock.now + .seconds(10)
  while !hub.accepts {
    guard ContinuousClock.now < deadline else { throw RawClient.TimedOut() }
    try await Task.sleep(for: .milliseconds(2))
  }
}

extension BroadcastHub {
  /// Whether a subscriber would be accepted now.
  var accepts: Bool { accepts("") }

  func accepts(_ query: String) -> Bool {
    let head = NIOHTTP1Head.get("/ws/dashboard" + query)
    if case .accept = decide(head) { return true }
    return false
  }
}

enum NIOHTTP1Head {
  static func get(_ target: String) -> HTTPRequestHead {
    HTTPRequestHead(version: .http1_1, method: .GET, uri: target)
  }
}
