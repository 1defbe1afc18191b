import HTTPServer
import HTTPServerTesting
import Hummingbird
import Testing

struct CrossOriginProtectionTests {
  private func status(_ method: String, _ fields: [(String, String)]) async throws -> Int {
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.add(middleware: ProblemMiddleware())
    router.add(middleware: CrossOriginProtection())
    router.get("/dead-letters") { _, _ in "dead letters" }
    router.post("/dead-letters") { _, _ in "done" }
    router.delete("/dead-letters") { _, _ in "done" }
    return try await withRouter(router) {
      try await $0.send(method, "/dead-letters", fields).status
    }
  }

  @Test(arguments: [
    [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")],
    [("Sec-Fetch-Site", "")],
    [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
    [("Sec-Fetch-Site", "cross-site"), ("Origin", "http://localhost")],
    [("Origin", "http://evil.example")], [("Origin", "null")], [("Origin", "")],
    [("Origin", "http://localhost.evil.example")], [("Origin", "http://evil.example/localhost")],
  ]) func whatABrowserSendsForAnotherOriginsPageIsRefused(fields: [(String, String)]) async throws {
    #expect(try await status("POST", fields) == 403)
    #expect(try await status("DELETE", fields) == 403)
    // Reading changes nothing, and the browser keeps the answer from the page.
    #expect(try await status("GET", fields) == 200)
    #expect(try await status("HEAD", fields) == 200)
  }

  @Test(arguments: [
    [], [("Sec-Fetch-Site", "same-origin")], [("Sec-Fetch-Site", "none")],
    [("Sec-Fetch-Site", "same-origin"), ("Origin", "http://localhost")],
  ]) func whatThisServersPageSendsOrNoBrowserPasses(fields: [(String, String)]) async throws {
    #expect(try await status("POST", fields) == 200)
    #expect(try await status("DELETE", fields) == 200)
  }

  @Test(arguments: [
    ("http://localhost", 200), ("http://LOCALHOST", 200), ("https://localhost", 200),
    ("http://localhost:8081", 403), ("http://127.0.0.1", 403), ("http://localhost.example", 403),
  ]) func anOriginIsComparedWithTheHostThatWasAskedPortIncluded(
    origin: String, expected: Int
  ) async throws {
    #expect(try await status("POST", [("Host", "localhost"), ("Origin", origin)]) == expected)
  }
}

struct KnownHostsTests {
  private func status(host: String) async throws -> Int {
    let router = Router()
    router.add(middleware: ProblemMiddleware())
    router.group().add(middleware: KnownHosts(HostCheck(["Bus.School.example"])))
      .get("/dead-letters") { _, _ in "dead letters" }
    return try await withRouter(router) {
      try await $0.get("/dead-letters", [("Host", host)]).status
    }
  }

  @Test(arguments: [
    "127.0.0.1:8080", "127.0.0.1", "[::1]:8080", "192.168.1.7:8080", "localhost:8080",
    "dashboard:8080", "bus.school.example", "BUS.school.example:443",
  ]) func addressesNamesWithoutADotAndNamesThatWereGivenAreKnown(host: String) async throws {
    #expect(try await status(host: host) == 200)
  }

  @Test(arguments: [
    "evil.example:8080", "127.0.0.1.evil.example", "school.example", "x.bus.school.example",
    "bus.school.example.", "127.0.0.1.", "localhost.evil.example",
  ]) func aNameOfThePublicDNSIsNotKnownWhateverItPointsTo(host: String) async throws {
    #expect(try await status(host: host) == 421)
  }
}
