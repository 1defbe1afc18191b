import CurlTransport
import LocalStack
import ProgressBusTesting

/// `progressbus serve --roles ingest` as a server of its own.
struct IngestProcess: LocalServer {
  let name = "ProgressBus"
  let folder: String
  let port: Int
  let portFlag: String? = nil
  let redisURL: String

  var url: String { "http://127.0.0.1:\(port)" }

  func prepare() throws -> ServerCommand {
    ServerCommand(
      program: try BuiltProducts.path(of: "progressbus"),
      arguments: ["serve", "--roles", "ingest", "--http-port", "\(port)"],
      environment: ["REDIS_URL": redisURL, "PROGRESSBUS_INGEST_BODY_TIMEOUT_SECONDS": "2"])
  }

  func isReady() async throws -> Bool {
    try await CurlTransport().send(HTTPRequest(.get, "\(url)/health/ready")).status == 200
  }
}
