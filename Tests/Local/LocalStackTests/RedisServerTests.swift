import FoundationEssentials
import ProgressBusTesting
import Testing

@testable import LocalStack

@Suite(.tags(.servers)) struct RedisServerTests {
  private func ask(_ port: Int, _ command: String) async throws -> String {
    try await LoopbackClient.exchange(
      port: port, request: "\(command)\r\nQUIT\r\n", within: .seconds(60))
  }

  @Test func keepsItsDataOverAStopAndACrash() async throws {
    try await withRedis { server in
      #expect(server.url == "redis://127.0.0.1:\(server.port)")
      try await #expect(ask(server.port, "SET learner ada") == "+OK\r\n+OK\r\n")
      await server.stop()
      await #expect(throws: (any Error).self) { try await ask(server.port, "GET learner") }
      try await server.start()
      try await #expect(ask(server.port, "SET course ai").hasPrefix("+OK"))
      await server.kill()
      try await server.start()
      try await #expect(ask(server.port, "GET learner").contains("ada"))
      try await #expect(ask(server.port, "GET course").contains("ai"))
    }
  }

  @Test(arguments: [
    ("maxmemory-policy", "noeviction"), ("appendonly", "yes"), ("appendfsync", "everysec"),
    ("save", ""), ("bind", "127.0.0.1"),
  ])
  func isConfiguredForAJournal(setting: String, value: String) async throws {
    try await withRedis { server in
      let answer = try await ask(server.port, "CONFIG GET \(setting)")
      #expect(answer.hasSuffix("$\(value.utf8.count)\r\n\(value)\r\n+OK\r\n"))
    }
  }

  @Test func aPausedServerKeepsQuietUntilItIsResumed() async throws {
    try await withRedis { server in
      await server.pause()
      let silence = try await LoopbackClient.exchange(
        port: server.port, request: "PING\r\n", enough: 7, within: .milliseconds(300))
      #expect(silence == "")
      await server.resume()
      try await #expect(ask(server.port, "PING") == "+PONG\r\n+OK\r\n")
    }
  }

  @Test func aFailedStartShowsTheEndOfTheLog() async throws {
    try await withTemporaryFolder { folder in
      // Redis wants to make a folder of this name.
      try "in the way".write(
        toFile: "\(folder)/appendonlydir", atomically: true, encoding: .utf8)
      let server = ServerController(
        RedisServer(folder: folder, port: try LoopbackPort.free()))
      let error = await #expect(throws: LocalStackError.self) { try await server.start() }
      let message = try #require(error).description
      #expect(message.hasPrefix("Redis did not start: it exited with code 1 "))
      #expect(message.contains("append-only dir"))
      #expect(!message.contains("\n"))
    }
  }

  @Test func aPortInUseIsNamedWithItsFlag() async throws {
    try await withRedis { first in
      try await withTemporaryFolder { folder in
        let second = ServerController(
          RedisServer(folder: folder, port: first.port, portFlag: "--redis-port"))
        let error = await #expect(throws: LocalStackError.self) { try await second.start() }
        #expect(
          error?.description
            == "port \(first.port) on 127.0.0.1 is in use; choose another for Redis with --redis-port"
        )
      }
    }
  }
}
