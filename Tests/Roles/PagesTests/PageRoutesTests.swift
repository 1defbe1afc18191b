import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Pages
import ProgressBusTesting
import Testing

struct PageRoutesTests {
  /// Serves a small page, with a secret beside it that must not be served.
  private func withPage(
    _ body: @Sendable @escaping (any TestClientProtocol) async throws -> Void
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
      try await Application(router: router).test(.live) { client in try await body(client) }
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
        for method in [HTTPRequest.Method.get, .head] {
          try await client.execute(uri: path, method: method) { response in
            #expect(response.status == .ok)
            #expect(response.headers[.contentType] == type)
            #expect(String(buffer: response.body) == (method == .get ? text : ""))
            #expect(response.headers[.contentLength] == String(text.utf8.count))
            #expect(
              response.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'self';") == true)
            #expect(response.headers[.xContentTypeOptions] == "nosniff")
            #expect(response.headers[.cacheControl] == "no-cache")
          }
        }
      }
    }
  }

  @Test func aCurrentCopyIsNotSentAgain() async throws {
    try await withPage { client in
      let (tag, date) = try await client.execute(uri: "/js/app.js", method: .get) {
        (try #require($0.headers[.eTag]), try #require($0.headers[.lastModified]))
      }
      for headers: HTTPFields in [
        [.ifNoneMatch: tag], [.ifNoneMatch: "\(tag), \"other\""],
        [.ifNoneMatch: "\"other\" ,\(tag)"], [.ifModifiedSince: date],
      ] {
        try await client.execute(uri: "/js/app.js", method: .get, headers: headers) { response in
          #expect(response.status == .notModified)
          #expect(response.body.readableBytes == 0)
          #expect(response.headers[.eTag] == tag)
          #expect(response.headers[.cacheControl] == "no-cache")
        }
      }
      try await client.execute(
        uri: "/js/app.js", method: .get, headers: [.ifNoneMatch: "\"old\""]
      ) { #expect($0.status == .ok) }
    }
  }

  @Test(arguments: ["bytes=0-3", "bytes=100000-", "bytes=-2", "bytes=9-1", "lines=1-2"])
  func aRangeGetsTheWholeFile(range: String) async throws {
    try await withPage { client in
      try await client.execute(uri: "/js/app.js", method: .get, headers: [.range: range]) {
        #expect($0.status == .ok)
        #expect(String(buffer: $0.body) == "export const answer = 42;")
      }
    }
  }

  @Test(arguments: [
    "/../secret.txt", "/%2e%2e/secret.txt", "/js/../../secret.txt", "/js/..%2f..%2fsecret.txt",
    "//secret.txt", "/.hidden", "/js", "/js/", "/..%5csecret.txt", "/%00", "/%ff",
    "/%252e%252e/secret.txt", "/etc/passwd",
  ]) func nothingElseCanBeAskedFor(path: String) async throws {
    try await withPage { client in
      try await client.execute(uri: path, method: .get) { response in
        #expect(response.status == .notFound)
        #expect(!String(buffer: response.body).contains("secret\n"))
      }
    }
  }

  @Test func aFolderThatIsNotThereIsNamed() {
    #expect { try PageRoutes(folder: "/nowhere/page") } throws: {
      "\($0)".contains("/nowhere/page")
    }
  }
}
