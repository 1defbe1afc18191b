import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

struct PageTests {
  private func withPage(
    _ body: @Sendable @escaping (any TestClientProtocol) async throws -> Void
  ) async throws {
    try await withClassroom { classroom in
      try await Application(router: try classroom.routes(), logger: testLogger)
        .test(.router) { client in try await body(client) }
    }
  }

  @Test func filesComeWithTheirTypeAndStrictHeaders() async throws {
    try await withPage { client in
      for (path, type, text) in [
        ("/", "text/html; charset=utf-8", "<!doctype html><title>Class</title>"),
        ("/js/app.js", "text/javascript; charset=utf-8", "export const answer = 42;"),
      ] {
        try await client.execute(uri: path, method: .get) { response in
          #expect(response.status == .ok)
          #expect(response.headers[.contentType] == type)
          #expect(String(buffer: response.body) == text)
          #expect(
            response.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'self';") == true)
          #expect(response.headers[.xContentTypeOptions] == "nosniff")
          #expect(response.headers[.cacheControl] == "no-cache")
        }
      }
    }
  }

  @Test func aCurrentCopyIsNotSentAgain() async throws {
    try await withPage { client in
      let tag = try await client.execute(uri: "/js/app.js", method: .get) { $0.headers[.eTag] }
      for known in [tag ?? "", "W/\(tag ?? ""), \"other\"", "*"] {
        try await client.execute(
          uri: "/js/app.js", method: .get, headers: [.ifNoneMatch: known]
        ) { response in
          #expect(response.status == .notModified)
          #expect(response.body.readableBytes == 0)
          #expect(response.headers[.eTag] == tag)
        }
      }
      try await client.execute(
        uri: "/js/app.js", method: .get, headers: [.ifNoneMatch: "\"old\""]
      ) { #expect($0.status == .ok) }
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
}
