import CurlTransport
import HTTPTypes
import LocalStack
import ProgressBusTesting

/// `progressbus serve`, the real program, as a server that a `ServerController` starts and kills.
struct ServerUnderTest: LocalServer {
  let name = "ProgressBus"
  let folder: String
  let port: Int
  let portFlag: String? = nil
  let roles: String
  let environment: [String: String]
  /// What must be well before a test begins: `live` or `ready`.
  var health = "live"

  var url: String { "http://127.0.0.1:\(port)" }

  func prepare() throws -> ServerCommand {
    try .progressBus(
      ["serve", "--roles", roles, "--http-port", "\(port)"], environment: environment)
  }

  func isReady() async throws -> Bool {
    let transport = CurlTransport()
    let response = try await transport.send(TransportRequest(.get, "\(url)/health/\(health)"))
    await transport.shutdown()
    return response.isSuccess
  }
}

extension ServerCommand {
  /// The program that was built together with these tests.
  static func progressBus(
    _ arguments: [String], environment: [String: String]
  ) throws -> ServerCommand {
    ServerCommand(
      program: try BuiltProducts.path(of: "progressbus"), arguments: arguments,
      environment: environment)
  }
}
