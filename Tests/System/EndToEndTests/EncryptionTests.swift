import Foundation
import Glibc
import LocalStack
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Subprocess
import Testing

extension EndToEnd {
  /// The program over HTTPS, with a Redis over TLS.
  @Suite struct EncryptionTests {
    @Test func eventsPassOverTLSAloneWhileTheCertificateIsRenewed() async throws {
      try await withTemporaryFolder("encryption") { folder in
        let authority = try await TestAuthority(in: folder)
        let pair = try await authority.issue("server")
        let redis = EncryptedRedisServer(
          plain: RedisServer(folder: "\(folder)/redis", port: try LoopbackPort.free()),
          encryptedPort: try LoopbackPort.free(), authority: authority.certificate, pair: pair)
        try FileManager.default.createDirectory(
          atPath: redis.folder, withIntermediateDirectories: true)
        try await withServer(ServerController(redis)) { _ in
          let port = try LoopbackPort.free()
          let process = try await ProgressBusProcess.start(
            ["serve", "--roles", "ingest", "--http-port", "\(port)"],
            environment: [
              "REDIS_URL": redis.encryptedURL, "REDIS_TLS_CA": authority.certificate,
              "REDIS_TLS_CERTIFICATE": pair.certificate, "REDIS_TLS_KEY": pair.key,
              "PROGRESSBUS_HTTP_TLS_CERTIFICATE": pair.certificate,
              "PROGRESSBUS_HTTP_TLS_KEY": pair.key,
            ], folder: folder, label: "serve", port: port)
          /// The answer's status; `000` for none.
          func ask(_ host: String, _ path: String, _ arguments: String...) async throws -> String {
            let result = try await run(
              .name("curl"),
              arguments: Arguments(
                [
                  "-s", "--max-time", "20", "--cacert", authority.certificate, "--resolve",
                  "\(host):\(port):127.0.0.1", "-o", "/dev/null", "-w", "%{http_code}",
                  "https://\(host):\(port)\(path)",
                ] + arguments), output: .string(limit: 4096))
            return result.standardOutput
          }
          try await eventually(within: .seconds(30), "the server is ready") {
            try await ask("localhost", "/health/ready") == "200"
          }
          let event = NotebookEvent().json
          #expect(
            try await ask(
              "localhost", "/api/v1/events", "-H", "Content-Type: application/json", "-d", event)
              == "202")
          let commands = try await RedisConnection.connect(
            to: RedisAddress(parsing: redis.url), on: MultiThreadedEventLoopGroup.singleton.next(),
            options: .patient
          ).get()
          let length = try await commands.send(["XLEN", "progress-events:journal"]).get()
          #expect(length == .integer(1))
          commands.close()

          try await authority.issue("server", for: "DNS:renewed.example,DNS:localhost")
          #expect(try await ask("renewed.example", "/health/live") == "000")
          _ = Glibc.kill(process.identifier, SIGHUP)
          try await eventually(within: .seconds(30), "new connections get the new certificate") {
            try await ask("renewed.example", "/health/live") == "200"
          }
          let ended = await process.stop()
          let log = try process.log
          #expect(ended.exit == .code(0), "\(log)")
        }
      }
    }
  }
}
