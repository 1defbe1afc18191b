import CurlTransport
import LocalStack
import ProgressBusTesting

/// A process of ProgressBus, the real program, with the mirror set as a test wants it.
struct MirrorServer: LocalServer {
  let name = "ProgressBus"
  let folder: String
  let port: Int
  let portFlag: String? = nil
  let roles: String
  let environment: [String: String]

  var url: String { "http://127.0.0.1:\(port)" }

  func prepare() async throws -> ServerCommand {
    ServerCommand(
      program: try BuiltProducts.path(of: "progressbus"),
      arguments: ["serve", "--roles", roles, "--http-port", "\(port)"], environment: environment)
  }

  func isReady() async throws -> Bool {
    let transport = CurlTransport()
    let response = try await transport.send(HTTPRequest(.get, url + "/health/live"))
    await transport.shutdown()
    return response.isSuccess
  }
}
