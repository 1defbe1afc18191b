import Foundation
import HTTPServer
import HTTPServerTesting
import Hummingbird
import Pages
import ProgressBusTesting
import Testing

struct PageRoutesTests {
  /// Serves a small page, with a secret beside it that must not be served.
  private func withPage(
    _ body: @Sendable @escaping (RouterClient) async throws -> Void
  ) async throws {
    try await withTemporaryFolder("page") { folder in
      let root = URL(fileURLWithPath: folder)
      try FileManager.default.createDirectory(
        at: root.appendingPathComponent("page/js"), withIntermediateDirectories: true)
      for (path, text) in [
        ("page/index.html", "<!doctype html><title>Class</title>"),
        ("page/ops.html", "<!doctype html><title>Operations</title>"),
        ("page/js/app.js", "export const answer = 42;"), ("page/.hidden", "hidden"),
        ("page/data.unknown", "data"), ("secret.txt", "secret"),
      ] {
        try Data(text.utf8).write(to: root.appendingPathComponent(path))
      }
      let router = Router(options: .autoGenerateHeadEndpoints)
      try PageRoutes(folder: "\(folder)/page").add(to: router)
      router.add(middleware: ProblemMiddleware())
      try await withRouter(router, body)
    }
  }

  @Test func filesComeWithTheirTypeAndStrictHeaders() async throws {
    try await withPage { client in
      for (path, type, text) in [
        ("/", "text/html; charset=utf-8", "<!doctype html><title>Class</title>"),
        ("/ops", "text/html; charset=utf-8", "<!doctype html><title>Operations</title>"),
        ("/js/app.js", "text/javascript; charset=utf-8", "export const answer = 42;"),
        ("/data.unknown", "application/octet-stream", "data"),
      ] {
        for method in ["GET", "HEAD"] {
          let answer = try await client.send(method, path)
          #expect(answer.status == 200)
          #expect(answer.headers["content-type"] == type)
          #expect(answer.body == (method == "GET" ? text : ""))
          #expect(answer.headers["content-length"] == String(text.utf8.count))
          #expect(
            answer.headers["content-security-policy"]?.hasPrefix("default-src 'self';") == true)
          #expect(answer.headers["x-content-type-options"] == "nosniff")
          #expect(answer.headers["cache-control"] == "no-cache")
        }
      }
    }
  }

  @Test func aCurrentCopyIsNotSentAgain() async throws {
    try await withPage { client in
      let first = try await client.get("/js/app.js")
      let tag = try #require(first.headers["etag"])
      let date = try #require(first.headers["last-modified"])
      for field in [
        ("If-None-Match", tag), ("If-None-Match", "\(tag), \"other\""),
        ("If-None-Match", "\"other\" ,\(tag)"), ("If-Modified-Since", date),
      ] {
        let answer = try await client.send("GET", "/js/app.js", [field])
        #expect(answer.status == 304)
        #expect(answer.body.isEmpty)
        #expect(answer.headers["etag"] == tag)
        #expect(answer.headers["cache-control"] == "no-cache")
      }
      let other = try await client.get("/js/app.js", [("If-None-Match", "\"old\"")])
      #expect(other.status == 200)
    }
  }

  @Test(arguments: ["bytes=0-3", "bytes=100000-", "bytes=-2", "bytes=9-1", "lines=1-2"])
  func aRangeGetsTheWholeFile(range: String) async throws {
    try await withPage { client in
      let answer = try await client.get("/js/app.js", [("Range", range)])
      #expect(answer.status == 200)
      #expect(answer.body == "export const answer = 42;")
    }
  }

  @Test(arguments: [
    "/../secret.txt", "/%2e%2e/secret.txt", "/js/../../secret.txt", "/js/..%2f..%2fsecret.txt",
    "//secret.txt", "/.hidden", "/js", "/js/", "/..%5csecret.txt", "/%00", "/%ff",
    "/%252e%252e/secret.txt", "/etc/passwd",
  ]) func nothingElseCanBeAskedFor(path: String) async throws {
    try await withPage { client in
      let answer = try await client.get(path)
      #expect(answer.status == 404)
      #expect(!answer.body.contains("secret\n"))
    }
  }

  @Test func aFolderThatIsNotThereIsNamed() {
    #expect { try PageRoutes(folder: "/nowhere/page") } throws: {
      "\($0)".contains("/nowhere/page")
    }
  }
}
