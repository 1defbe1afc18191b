import LocalStack
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

@Suite(.tags(.servers)) struct RedisConnectionTests {
  private let loop = MultiThreadedEventLoopGroup.singleton.next()

  @Test func carriesBinaryArguments() async throws {
    try await withRedis { redis in
      let connection = try await RedisConnection.connect(
        to: RedisAddress(parsing: redis.url), on: loop, options: .patient
      ).get()
      let every = ByteBuffer(bytes: (0...255).map { UInt8($0) } + Array("\r\n$5\r\n".utf8))
      #expect(try await connection.send(["SET", "k", .bytes(every)]).get() == .status("OK"))
      #expect(try await connection.send(["GET", "k"]).get() == .string(every))
      #expect(try await connection.send(["GET", "none"]).get() == .null)
      #expect(try await connection.send(["STRLEN", "k"]).get() == .integer(every.readableBytes))
      let megabyte = ByteBuffer(repeating: 7, count: 5_000_000)
      #expect(try await connection.send(["ECHO", .bytes(megabyte)]).get() == .string(megabyte))
      let error = try await connection.send(["LPUSH", "k", "x"]).get()
      guard case .error(let refused) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(refused.code == "WRONGTYPE")
      connection.close()
      #expect(try await connection.lost.get() == .closed)
      await #expect(throws: RedisError.closed) { try await connection.send(["PING"]).get() }
    }
  }

  @Test func answersTenThousandPipelinedCommandsInOrder() async throws {
    try await withRedis { redis in
      let connection = try await RedisConnection.connect(
        to: RedisAddress(parsing: redis.url), on: loop,
        options: .patient
      ).get()
      let replies = (1...10_000).map { _ in connection.send(["INCR", "n"]) }
      let values = try await EventLoopFuture.whenAllSucceed(replies, on: loop).get()
      #expect(values == (1...10_000).map { .integer($0) })
      connection.close()
    }
  }

  @Test func logsIn() async throws {
    try await withRedis { redis in
      let plain = try RedisAddress(parsing: redis.url)
      let first = try await RedisConnection.connect(to: plain, on: loop, options: .patient).get()
      _ = try await first.send(["CONFIG", "SET", "requirepass", "hunter2"]).get()
      func connect(_ password: String?) async throws -> RedisConnection {
        try await RedisConnection.connect(
          to: RedisAddress(endpoint: plain.endpoint, password: password, database: 2), on: loop,
          options: RedisConnectionOptions(clientName: "anna").patient
        ).get()
      }
      let right = try await connect("hunter2")
      let info = try await right.send(["CLIENT", "INFO"]).get().text ?? ""
      #expect(info.contains("name=anna") && info.contains("db=2"))
      for password in ["wrong-one", nil] {
        let error = await #expect(throws: RedisError.self) { _ = try await connect(password) }
        guard case .refused(_, let refusal) = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
        #expect(refusal.code == (password == nil ? "NOAUTH" : "WRONGPASS"))
        #expect(!"\(String(describing: error))".contains("wrong-one"))
      }
      first.close()
      right.close()
    }
  }

  @Test func saysWhereNobodyListens() async throws {
    let address = try RedisAddress(parsing: "redis://user:hunter2@127.0.0.1:1")
    let error = await #expect(throws: RedisError.self) {
      _ = try await RedisConnection.connect(to: address, on: loop, options: .patient).get()
    }
    let text = "\(String(describing: error.map { "\($0)" }))"
    #expect(text.contains("redis://127.0.0.1:1/0") && text.contains("refused"), "\(text)")
    #expect(!text.contains("hunter2"))
  }

  @Test func failsWhatIsUnansweredWhenTheServerDies() async throws {
    try await withRedis { redis in
      let connection = try await RedisConnection.connect(
        to: RedisAddress(parsing: redis.url), on: loop, options: .patient
      ).get()
      let blocked = connection.send(RedisCommand(["BLPOP", "l", "0"], blocksFor: .seconds(60)))
      let behind = connection.send(["PING"])
      await redis.kill()
      for reply in [blocked, behind] {
        let error = await #expect(throws: RedisError.self) { _ = try await reply.get() }
        guard case .connectionLost = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
      }
    }
  }

  @Test func givesUpOnAWedgedServer() async throws {
    try await withRedis { redis in
      // A machine at work may take a second for an answer that is given at once.
      let options = RedisConnectionOptions(
        responseTimeout: .seconds(3), probeInterval: .milliseconds(100))
      let connection = try await RedisConnection.connect(
        to: RedisAddress(parsing: redis.url), on: loop, options: options
      ).get()
      // Longer than the response timeout, but on purpose.
      let blocking = RedisCommand(["BLPOP", "l", "3.2"], blocksFor: .milliseconds(3_200))
      #expect(try await connection.send(blocking).get() == .null)
      let subscription = try await RedisConnection.connect(
        to: RedisAddress(parsing: redis.url), on: loop, options: options
      ).get()
      subscription.subscribe(with: [["SUBSCRIBE", "c"]]) { _ in }
      await redis.pause()
      await #expect(throws: RedisError.timedOut(milliseconds: 3_000)) {
        try await connection.send(["PING"]).get()
      }
      #expect(try await subscription.lost.get() == .timedOut(milliseconds: 3_000))
      await #expect(throws: RedisError.timedOut(milliseconds: 3_000)) {
        _ = try await RedisConnection.connect(
          to: RedisAddress(parsing: redis.url), on: loop, options: options
        ).get()
      }
    }
  }

  @Test func handsOverWhatIsPushed() async throws {
    try await withRedis { redis in
      let options = RedisConnectionOptions(probeInterval: .milliseconds(50)).patient
      let subscription = try await RedisConnection.connect(
        to: RedisAddress(parsing: redis.url), on: loop, options: options
      ).get()
      let (stream, sink) = AsyncStream.makeStream(of: RedisReply.self)
      subscription.subscribe(with: [["SUBSCRIBE", "c"]]) { replies in
        for reply in replies { sink.yield(reply) }
      }
      let publisher = try await RedisConnection.connect(
        to: RedisAddress(parsing: redis.url), on: loop, options: .patient
      ).get()
      var messages = 0
      var pongs = 0
      for await reply in stream {
        switch reply.array?.first?.text {
        case "subscribe":
          for number in 1...100 { _ = publisher.send(["PUBLISH", "c", .integer(number)]) }
        case "message":
          messages += 1
          #expect(reply.array?.last?.text == "\(messages)")
        case "pong": pongs += 1
        default: Issue.record("\(reply)")
        }
        // The server outlives two silences.
        if messages == 100, pongs >= 2 { break }
      }
      subscription.close()
      publisher.close()
    }
  }
}
