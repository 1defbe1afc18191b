import HTTPServerTesting
import NIOCore
import NIOEmbedded
import ProgressBusTesting
import Testing

@testable import HTTPServer

@Suite struct ConnectionLimitTests {
  private static let get = "GET /hello HTTP/1.1\r\nHost: test\r\n\r\n"

  private static func configuration(_ limit: ConnectionLimit) -> HTTPServerChannelConfiguration {
    var configuration = HTTPServerChannelConfiguration()
    configuration.connectionLimit = limit
    configuration.lingerTimeout = .seconds(60)
    return configuration
  }

  @Test func aConnectionBeyondTheLimitIsToldToComeBackAndPlacesComeFreeAgain() async throws {
    let limit = ConnectionLimit(maximum: 2)
    try await withServer(
      configuration: Self.configuration(limit), earlyHandlers: EarlyAnswer.handlers,
      webSockets: [EchoSession.route]
    ) { port, _ in
      let kept = try await RawClient(port: port)
      try await kept.send(Self.get)
      #expect(try await kept.response().status == 200)
      let webSocket = try await RawClient(port: port)
      #expect(try await webSocket.upgrade().status == 101)
      let requests = [
        "", Self.get, "POST /early HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc",
        "GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      ]
      for request in requests {
        let client = try await RawClient(port: port)
        // It may have been answered, and closed, before it has sent anything.
        try? await client.send(request)
        let response = try await client.response()
        #expect(response.status == 503)
        #expect(response.headers["content-type"] == "application/problem+json")
        #expect(response.headers["retry-after"] == "5")
        #expect(try await client.remainder().readableBytes == 0)
      }
      // Those who are in are not troubled.
      try await kept.send(Self.get)
      #expect(try await kept.response().status == 200)
      webSocket.close()
      try await eventually("the place is free") { limit.count == 1 }
      let next = try await RawClient(port: port)
      try await next.send(Self.get)
      #expect(try await next.response().status == 200)
      for client in [kept, next] { client.close() }
      try await eventually("all have left") { limit.count == 0 }
    }
  }

  @Test func evenRefusalsAreBounded() {
    let limit = ConnectionLimit(maximum: 8)
    let admissions = (0..<26).map { _ in limit.begin() }
    #expect(admissions.prefix(8).allSatisfy { $0 == .serve })
    #expect(admissions[8..<25].allSatisfy { $0 == .refuse(.all) })
    #expect(admissions[25] == .cut)
    for _ in 0..<26 { limit.end() }
    #expect(limit.begin() == .serve)
  }

  @Test func anAddressHasALimitOfItsOwnThatThisMachineAndProxiesDoNotHave() throws {
    let proxy = try #require(AddressRange("10.0.0.0/8"))
    let limit = ConnectionLimit(
      maximum: 1000, maximumOfAddress: 2, proxies: TrustedProxies([proxy]))
    let one = ClientAddress("192.0.2.1")
    for expected in [ConnectionLimit.Admission.serve, .serve, .refuse(.address)] {
      #expect(limit.begin(from: one) == expected)
    }
    #expect(limit.begin(from: ClientAddress("192.0.2.2")) == .serve)
    // Whoever has one IPv6 address has all 64 bits behind it.
    #expect(limit.begin(from: ClientAddress("2001:db8::1")) == .serve)
    #expect(limit.begin(from: ClientAddress("2001:db8::2")) == .serve)
    #expect(limit.begin(from: ClientAddress("2001:db8::3")) == .refuse(.address))
    #expect(limit.begin(from: ClientAddress("2001:db8:0:1::1")) == .serve)
    for peer in ["127.0.0.1", "127.1.2.3", "::1", "10.1.2.3"] {
      for _ in 0..<3 { #expect(limit.begin(from: ClientAddress(peer)) == .serve) }
    }
    // One more than may be, until another has gone, and the refused one too.
    limit.end(from: one)
    #expect(limit.begin(from: one) == .refuse(.address))
    limit.end(from: one)
    limit.end(from: one)
    #expect(limit.begin(from: one) == .serve)
    for _ in 0..<20 { _ = limit.begin(from: one) }
    #expect(limit.begin(from: one) == .cut)
  }

  @Test func aConnectionThatIsCutHearsNothing() throws {
    let channel = EmbeddedChannel(
      handler: HTTPConnectionHandler(configuration: .init(), admission: .cut))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    #expect(!channel.isActive)
    #expect(try channel.readOutbound(as: IOData.self) == nil)
  }

  @Test func aClientThatTakesNoAnswersIsReadNoFurther() throws {
    let reads = ReadCounter()
    let channel = EmbeddedChannel(
      handlers: [reads, HTTPConnectionHandler(configuration: .init())])
    channel.read()
    #expect(reads.count == 1)
    channel.isWritable = false
    channel.read()
    channel.pipeline.fireChannelWritabilityChanged()
    #expect(reads.count == 1)
    channel.isWritable = true
    channel.pipeline.fireChannelWritabilityChanged()
    channel.pipeline.fireChannelWritabilityChanged()
    #expect(reads.count == 2)
  }

  private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = NIOAny
    private(set) var count = 0

    func read(context: ChannelHandlerContext) {
      count += 1
      context.read()
    }
  }
}
