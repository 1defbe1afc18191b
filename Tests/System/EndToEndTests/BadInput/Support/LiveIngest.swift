import FoundationEssentials
import LocalStack
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver

/// A running ingest process and its Redis.
struct LiveIngest: Sendable {
  let process: ServerController<ServerUnderTest>
  let redis: ServerController<RedisServer>

  var url: String { process.url }
  var port: Int { process.port }

  /// The events in the journal, oldest first.
  func journal() async throws -> [String] {
    let connection = try await RedisConnection.connect(
      to: RedisAddress(parsing: redis.url), on: MultiThreadedEventLoopGroup.singleton.next(),
      options: .patient
    ).get()
    defer { connection.close() }
    let reply = try await connection.send(["XRANGE", "progress-events:journal", "-", "+"]).get()
    // An entry is its id and its fields; the event is the one that is an object.
    return reply.array?.compactMap { entry in
      entry.array?.last?.array?.compactMap(\.text).first { $0.hasPrefix("{") }
    } ?? []
  }

  /// What the process holds in memory now, in bytes (proc(5), VmRSS).
  func residentBytes() async throws -> Int {
    guard let process = await process.processIdentifier,
      let status = FileManager.default.contents(atPath: "/proc/\(process)/status"),
      let line = String(decoding: status, as: UTF8.self).split(separator: "\n")
        .first(where: { $0.hasPrefix("VmRSS:") }),
      let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
    else { throw NotMeasured() }
    return kibibytes * 1024
  }

  struct NotMeasured: Error {}
}

func withLiveIngest<Result: Sendable>(
  _ body: @Sendable (LiveIngest) async throws -> Result
) async throws -> Result {
  try await withRedis { redis in
    try await withTemporaryFolder("ingest") { folder in
      let process = ServerController(
        ServerUnderTest(
          folder: folder, port: try LoopbackPort.free(), roles: "ingest",
          environment: ["REDIS_URL": redis.url, "PROGRESSBUS_INGEST_BODY_TIMEOUT_SECONDS": "2"],
          health: "ready"))
      return try await withServer(process) { process in
        try await body(LiveIngest(process: process, redis: redis))
      }
    }
  }
}
