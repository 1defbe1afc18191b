import FoundationEssentials
import Glibc
import NIOConcurrencyHelpers
import ProgressBusTesting
import Testing

@testable import LocalStack

@Suite(.tags(.servers)) struct LocalStackTests {
  @Test func aServerThatDiesComesBackAndIsReported() async throws {
    try await withTemporaryFolder { folder in
      let reports = Reports()
      let server = RedisServer(folder: "\(folder)/redis", port: try LoopbackPort.free())
      let stack = LocalStack([server]) { reports.append($0) }
      try await stack.start()
      let pidPath = "\(server.folder)/server.pid"
      let text = try String(contentsOfFile: pidPath, encoding: .utf8)
      #expect(Glibc.kill(try #require(Int32(text.trimmed)), SIGKILL) == 0)
      try await eventually(within: .seconds(30), "the second start") {
        reports.lines == [
          "Redis was killed by signal 9; starting it again",
          "Redis runs again on port \(server.port)",
        ]
      }
      try await #expect(server.isReady())
      await stack.stop()
      #expect(LoopbackPort.isFree(server.port))
      #expect(reports.lines.count == 2)
    }
  }

  @Test func oneServerThatDoesNotStartStopsTheOthers() async throws {
    try await withRedis { occupant in
      try await withTemporaryFolder { folder in
        let good = InfluxServer(folder: "\(folder)/influxdb", port: try LoopbackPort.free())
        let bad = RedisServer(folder: "\(folder)/redis", port: occupant.port)
        let stack = LocalStack([good, bad]) { _ in }
        await #expect(
          throws: LocalStackError.portInUse(server: "Redis", port: occupant.port, flag: nil)
        ) {
          try await stack.start()
        }
        #expect(LoopbackPort.isFree(good.port))
      }
    }
  }

  @Test func aCancelledStartLeavesNothing() async throws {
    try await withTemporaryFolder { folder in
      let server = RedisServer(folder: "\(folder)/redis", port: try LoopbackPort.free())
      let stack = LocalStack([server]) { _ in }
      let start = Task { try await stack.start() }
      start.cancel()
      _ = await start.result
      await stack.stop()
      #expect(LoopbackPort.isFree(server.port))
    }
  }

  private final class Reports: Sendable {
    private let storage = NIOLockedValueBox<[String]>([])
    var lines: [String] { storage.withLockedValue { $0 } }
    func append(_ line: String) { storage.withLockedValue { $0.append(line) } }
  }
}
