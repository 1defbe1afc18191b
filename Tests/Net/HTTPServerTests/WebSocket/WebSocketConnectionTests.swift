import HTTPServer
import HTTPServerTesting
import NIOCore
import Synchronization
import Testing

struct WebSocketConnectionTests {
  @Test func eitherSideClosesWithACodeAndTheConnectionEnds() async throws {
    try await withServer(webSockets: [EchoSession.route]) { port, _ in
      let client = try await RawClient(port: port)
      _ = try await client.upgrade()
      _ = try await client.frame()
      try await client.sendFrame(opcode: 1, "close")
      let close = try await client.frame()
      #expect(close.opcode == 8)
      #expect(close.closeCode == 4001)
      try await client.sendClose(1000)
      #expect(try await client.remainder().readableBytes == 0)

      let other = try await RawClient(port: port)
      _ = try await other.upgrade()
      _ = try await other.frame()
      try await other.sendClose(1000)
      let answer = try await other.frame()
      #expect(answer.opcode == 8)
      #expect(answer.closeCode == 1000)
      #expect(try await other.remainder().readableBytes == 0)
    }
  }

  @Test func aPingIsAnsweredWithItsPayload() async throws {
    try await withServer(webSockets: [EchoSession.route]) { port, _ in
      let client = try await RawClient(port: port)
      _ = try await client.upgrade()
      _ = try await client.frame()
      try await client.sendFrame(opcode: 9, "are you there")
      let pong = try await client.frame()
      #expect(pong.opcode == 10)
      #expect(pong.text == "are you there")
      client.close()
    }
  }

  @Test(arguments: [
    ([0x81, 0x01, 0x61] as [UInt8], 1002),
    ([0x83, 0x80, 0, 0, 0, 0], 1002),
    ([0x09, 0x80, 0, 0, 0, 0], 1002),
    ([0x89, 0xFE, 0, 126, 0, 0, 0, 0], 1002),
    ([0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007),
    ([0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0], 1009),
  ])
  func aFrameThatBreaksTheProtocolClosesWithTheCodeThatSaysSo(bytes: [UInt8], code: Int)
    async throws
  {
    try await withServer(webSockets: [EchoSession.route]) { port, _ in
      let client = try await RawClient(port: port)
      _ = try await client.upgrade()
      _ = try await client.frame()
      try await client.send(bytes)
      let close = try await client.frame()
      #expect(close.opcode == 8)
      #expect(close.closeCode == code)
      #expect(try await client.remainder().readableBytes == 0)
    }
  }

  @Test func aPeerThatAnswersNoPingIsCut() async throws {
    var configuration = WebSocketConfiguration()
    configuration.pingInterval = .milliseconds(50)
    try await withServer(
      webSocketConfiguration: configuration, webSockets: [EchoSession.route]
    ) { port, _ in
      let client = try await RawClient(port: port)
      _ = try await client.upgrade()
      _ = try await client.frame()
      #expect(try await client.frame().opcode == 9)
      #expect(try await client.frame().opcode == 9)
      #expect(try await client.remainder().readableBytes == 0)
    }
  }

  @Test func aShutdownSays1001ToEveryWebSocketAndWaitsForTheAnswer() async throws {
    try await shutDown(closeTimeout: .seconds(60)) { client in
      try await client.sendClose(1001)
    }
  }

  @Test func aShutdownCutsAWebSocketThatDoesNotAnswer() async throws {
    try await shutDown(closeTimeout: .milliseconds(100)) { _ in }
  }

  private func shutDown(
    closeTimeout: TimeAmount, answer: @escaping @Sendable (RawClient) async throws -> Void
  ) async throws {
    var configuration = WebSocketConfiguration()
    configuration.closeTimeout = closeTimeout
    try await withServer(
      webSocketConfiguration: configuration, webSockets: [EchoSession.route]
    ) { port, shutdown in
      let clients = [try await RawClient(port: port), try await RawClient(port: port)]
      for client in clients {
        _ = try await client.upgrade()
        _ = try await client.frame()
      }
      await shutdown()
      for client in clients {
        #expect(try await client.frame().closeCode == 1001)
        try await answer(client)
      }
      for client in clients { #expect(try await client.remainder().readableBytes == 0) }
    }
  }

  @Test func aThousandWebSocketsComeAndGoAndEverySessionIsReleased() async throws {
    final class Counts: Sendable {
      let opened = Atomic(0)
      let closed = Atomic(0)
      let released = Atomic(0)
    }
    final class Token: Sendable {
      let counts: Counts
      init(_ counts: Counts) { self.counts = counts }
      deinit { counts.released.add(1, ordering: .relaxed) }
    }
    let counts = Counts()
    let route = WebSocketRoute(path: "/ws") { _ in
      .accept { connection in
        counts.opened.add(1, ordering: .relaxed)
        let token = Token(counts)
        return EchoSession(connection) { token.counts.closed.add(1, ordering: .relaxed) }
      }
    }
    try await withServer(webSockets: [route]) { port, _ in
      for round in 0..<20 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<50 {
            group.addTask {
              let client = try await RawClient(port: port)
              _ = try await client.upgrade()
              _ = try await client.frame()
              if (round + number).isMultiple(of: 2) {
                try await client.sendClose(1000)
                _ = try await client.remainder()
              }
              client.close()
            }
          }
          try await group.waitForAll()
        }
      }
    }
    #expect(counts.opened.load(ordering: .relaxed) == 1000)
    #expect(counts.closed.load(ordering: .relaxed) == 1000)
    #expect(counts.released.load(ordering: .relaxed) == 1000)
  }
}
