import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import ProgressBusServer

@Suite struct KnownHostsTests {
  private func status(host: String) async throws -> HTTPResponse.Status {
    let router = Router()
    router.add(middleware: ProblemMiddleware())
    router.group().add(middleware: KnownHosts(["Bus.School.example"])).get("/letters") { _, _ in
      "letters"
    }
    let response = try await router.buildResponder().respond(
      to: Request(
        head: HTTPRequest(method: .get, scheme: "http", authority: host, path: "/letters"),
        body: RequestBody(buffer: ByteBuffer())),
      context: BasicRequestContext(
        source: ApplicationRequestContextSource(
          channel: EmbeddedChannel(), logger: Logger(label: "test"))))
    return response.status
  }

  @Test(
    "addresses, names without a dot and the names that were given are known",
    arguments: [
      "127.0.0.1:8080", "127.0.0.1", "[::1]:8080", "192.168.1.7:8080", "localhost:8080",
      "dashboard:8080", "bus.school.example", "BUS.school.example:443",
    ])
  func known(host: String) async throws {
    #expect(try await status(host: host) == .ok)
  }

  @Test(
    "a name of the public DNS is not, whatever it points to",
    arguments: [
      "evil.example:8080", "127.0.0.1.evil.example", "school.example", "x.bus.school.example",
      "bus.school.example.", "127.0.0.1.", "localhost.evil.example",
    ])
  func unknown(host: String) async throws {
    #expect(try await status(host: host) == .misdirectedRequest)
  }
}
