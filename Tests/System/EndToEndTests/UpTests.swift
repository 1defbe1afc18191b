import CurlTransport
import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// `progressbus up`: everything on one machine.
  @Suite struct UpTests {
    @Test func aNewcomerGetsARunningSystemThatKeepsItsData() async throws {
      try await withTemporaryFolder("up") { folder in
        var ports = try UpPorts()
        let first = try await start(ports, in: folder)
        let log = try first.log
        #expect(log.contains("http://127.0.0.1:\(ports.http)/"))
        #expect(log.contains("http://127.0.0.1:\(ports.http)/ops"))
        // The emulator's installation may take longer than `up` waits.
        #expect(
          log.contains("mirrored to an emulator, http://127.0.0.1:\(ports.bigQuery)")
            != log.contains("the BigQuery mirror stays off: "))
        for command in [
          "curl -i http://127.0.0.1:\(ports.http)/student-progress",
          "redis-cli -p \(ports.redis) SUBSCRIBE progress-events",
          "redis-cli -p \(ports.redis) PUBLISH progress-events",
        ] {
          #expect(log.contains(command))
        }
        let urls = try String(contentsOfFile: "\(folder)/state/urls.env", encoding: .utf8)
        for line in [
          "REDIS_URL=redis://127.0.0.1:\(ports.redis)", "DATABASE_URL=postgresql://",
          "INFLUXDB_URL=http://127.0.0.1:\(ports.influx)", "INFLUXDB_DATABASE=progressbus",
          "PROGRESSBUS_URL=http://127.0.0.1:\(ports.http)",
        ] {
          #expect(urls.contains(line), "\(urls)")
        }

        // The lines that were printed work when pasted.
        for start in ["curl -i", "redis-cli -p \(ports.redis) PUBLISH"] {
          let line = try #require(log.split(separator: "\n").first { $0.contains(start) })
          try await paste(String(line))
        }
        try await eventually("both events") { try await stored(urls, folder) == "2" }
        let family = Family(of: first.identifier)
        #expect(family.members.count > 3)
        for member in family.members where member != first.identifier {
          let given = FileManager.default.contents(atPath: "/proc/\(member)/environ") ?? Data()
          #expect(given.range(of: Data("a-secret-of-ours".utf8)) == nil, "\(member)")
        }
        let (exit, duration) = await first.stop()
        #expect(exit == .code(0))
        #expect(duration < .seconds(20))
        // What a server of its own started ends a moment after it.
        try await eventually("all processes have ended") { family.alive.isEmpty }
        #expect([ports.http, ports.redis, ports.postgres, ports.influx].allSatisfy(isFree))

        // The second start, on other ports, finds the data of the first.
        ports = try UpPorts()
        let second = try await start(ports, in: folder)
        let moved = try String(contentsOfFile: "\(folder)/state/urls.env", encoding: .utf8)
        #expect(try await stored(moved, folder) == "2")

        // Another one in the same folder is refused.
        let other = try await ProgressBusCommand.run(
          ["up"] + UpPorts().arguments + ["--state-dir", "state"], folder: folder)
        #expect(other.status == 1)
        #expect(other.errorLines.count == 1, "\(other)")

        // Killed, it takes its servers along.
        let orphans = Family(of: second.identifier)
        await second.kill()
        try await eventually(within: .seconds(30), "the end of all servers") {
          orphans.alive.isEmpty
        }
      }
    }

    @Test(arguments: ["--http-port", "--redis-port", "--postgres-port", "--influx-port"])
    func aPortInUseIsOneLineThatNamesPortAndFlag(_ flag: String) async throws {
      try await withRedis { redis in
        try await withTemporaryFolder("up") { folder in
          let ports = try UpPorts()
          var arguments = ports.arguments
          let place = try #require(arguments.firstIndex(of: flag))
          arguments[place + 1] = "\(redis.port)"
          let outcome = try await ProgressBusCommand.run(
            ["up", "--state-dir", "state"] + arguments, folder: folder)
          #expect(outcome.status == 1)
          #expect(outcome.errorLines.count == 1, "\(outcome)")
          #expect(outcome.errors.contains("\(redis.port)"))
          #expect(outcome.errors.contains(flag))
          #expect([ports.redis, ports.postgres, ports.influx].allSatisfy(isFree))
        }
      }
    }

    @Test func aServerThatDiesIsStartedAgain() async throws {
      try await withTemporaryFolder("up") { folder in
        let ports = try UpPorts()
        let up = try await start(ports, in: folder)
        let redis = try #require(Family(of: up.identifier).member(named: "redis-server"))
        kill(redis, SIGKILL)
        try await eventually("the news") { try up.log.contains("Redis runs again") }
        let sender = EventSender(to: up)
        try await eventually(within: .seconds(20), "the first 202") {
          try await sender.post([NotebookEvent()]).status == 202
        }
        let (exit, _) = await up.stop()
        #expect(exit == .code(0))
      }
    }

    private func start(_ ports: UpPorts, in folder: String) async throws -> ProgressBusProcess {
      let process = try await ProgressBusProcess.start(
        ["up", "--state-dir", "state"] + ports.arguments,
        environment: ["BQ_SYNC_ALERT_WEBHOOK_URL": "http://127.0.0.1:1/a-secret-of-ours"],
        folder: folder, label: "up-\(ports.http)", port: ports.http)
      try await process.waitUntilReady()
      try await eventually("the welcome") { try process.log.contains("PUBLISH") }
      return process
    }

    private func paste(_ line: String) async throws {
      let outcome = try await ShellLine.run(line)
      #expect(outcome.status == 0, "\(outcome)")
    }

    /// The number of events, by a client that was given `urls.env` alone.
    private func stored(_ urls: String, _ folder: String) async throws -> String {
      let outcome = try await ShellLine.run(
        """
        set -a; . \(folder)/state/urls.env
        psql "$DATABASE_URL" -Atc 'select count(*) from progress_events'
        """)
      return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func isFree(_ port: Int) -> Bool { LoopbackPort.isFree(port) }
  }
}
