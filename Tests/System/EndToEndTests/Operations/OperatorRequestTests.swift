import CurlTransport
import HTTPTypes
import LocalStack
import NIOCore
import ProgressBusTesting
import RedisDriver
import Testing

extension EndToEnd {
  /// Operators' requests that are refused, and those that ask for nothing but the head.
  @Suite struct OperatorRequestTests {
    private static let letters = "/api/v1/dead-letters"

    @Test func aWrongRequestIsToldWhatIsWrong() async throws {
      try await withDeployment { deployment in
        let client = OperatorClient(try await deployment.serve("dashboard"))
        for (path, name) in [
          ("?sink=nobody", "sink"), ("?sink=postgres&sink=bus", "sink"), ("?limit=0", "limit"),
          ("?limit=1001", "limit"), ("?cursor=!!", "cursor"), ("?cursor=WyJhIiwiYiJd", "cursor"),
          ("?reason=%00", "reason"), ("?reason=\(String(repeating: "x", count: 257))", "reason"),
          ("/count?sink=nobody", "sink"), ("/count?cursor=x", "cursor"), ("/nothing", "id"),
          ("/1763735000000", "id"), ("/bigquery-x", "id"), ("/bigquery--1", "id"), ("/%ff", "id"),
        ] {
          let answer = try await client.get(Self.letters + path)
          #expect(answer.status == 400, "\(path)")
          #expect(answer.contentType == "application/problem+json")
          #expect(answer.detail.hasPrefix(name), "\(path): \(answer.detail)")
        }
        for action in ["replay", "purge"] {
          for (body, name) in [
            ("[]", "the body"), ("{", "the body"), ("{}", "all"), (#"{"all":false}"#, "all"),
            (#"{"all":1}"#, "all"), (#"{"sink":"nobody"}"#, "sink"), (#"{"sink":7}"#, "sink"),
            (#"{"reason":""}"#, "reason"), (#"{"sinks":"bus"}"#, "sinks"),
            (#"{"all":true,"cursor":"x"}"#, "cursor"), (#"{"all":true,"through":"x"}"#, "through"),
          ] {
            let answer = try await client.post("\(Self.letters)/\(action)", body)
            #expect(answer.status == 400, "\(body)")
            #expect(answer.detail.hasPrefix(name), "\(body): \(answer.detail)")
          }
          let form = try await client.post(
            "\(Self.letters)/\(action)", "all=true",
            headers: [.contentType: "application/x-www-form-urlencoded"])
          #expect(form.status == 415)
          let long = #"{"all":true,"reason":"\#(String(repeating: "x", count: 20_000))"}"#
          #expect(try await client.post("\(Self.letters)/\(action)", long).status == 413)
        }
        #expect(try await client.get("\(Self.letters)/1-1").status == 404)
        #expect(try await client.get("\(Self.letters)/bigquery-1").status == 404)
      }
    }

    @Test func aPageOfAnotherOriginChangesNothing() async throws {
      try await withDeployment { deployment in
        let client = OperatorClient(try await deployment.serve("worker,dashboard"))
        try await RedisCommands.send(
          ["PUBLISH", "progress-events", "no event"], to: deployment.redis)
        try await eventually("the dead letter") { try await client.deadLetters().count == 1 }
        let id = try #require(try await client.deadLetters().first?["id"] as? String)
        let foreign: [HTTPFields] = [
          [HTTPField.Name("Sec-Fetch-Site")!: "cross-site"], [.origin: "https://evil.example"],
        ]
        for headers in foreign {
          for path in [
            "\(Self.letters)/purge", "\(Self.letters)/replay", "\(Self.letters)/\(id)/replay",
            "/api/bq-sync/flush", "/api/bq-sync/retry", "/api/bq-sync/retention",
          ] {
            let answer = try await client.post(path, #"{"all":true}"#, headers: headers)
            #expect(answer.status == 403, "\(path)")
            #expect(answer.contentType == "application/problem+json")
          }
          for path in ["\(Self.letters)/\(id)", "/api/bq-sync/failed"] {
            #expect(try await client.ask(.delete, path, headers: headers).status == 403)
          }
        }
        #expect(try await client.deadLetters().count == 1)

        // Nor does one whose own name points here, nor can it read.
        for path in [Self.letters, "\(Self.letters)/\(id)", "/api/v1/bus", "/api/bq-sync/status"] {
          let answer = try await client.ask(
            .get, path, headers: [HTTPField.Name("Host")!: "evil.example"])
          #expect(answer.status == 421, "\(path)")
          #expect(answer.detail.contains("PROGRESSBUS_HTTP_OPERATOR_HOSTS"))
        }
      }
    }

    @Test func withoutRedisTheAnswerIsToTryAgain() async throws {
      try await withDeployment { deployment in
        let client = OperatorClient(try await deployment.serve("dashboard"))
        await deployment.redis.kill()
        try await eventually("the outage is noticed") {
          try await client.get("/api/v1/bus").status == 503
        }
        for path in ["/api/v1/bus", "/api/v1/sinks", Self.letters, "\(Self.letters)/1-1"] {
          let answer = try await client.get(path)
          #expect(answer.status == 503, "\(path)")
          #expect(answer.detail.contains("Redis cannot be reached"))
        }
        #expect(try await client.post("\(Self.letters)/purge", #"{"all":true}"#).status == 503)
      }
    }

    @Test func headIsAnsweredAsGetWithoutABody() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,dashboard")
        for path in [
          "/", "/ops", "/js/main.js", "/health/live", "/health/ready", "/api/v1/courses",
          "/api/v1/sinks", "/api/v1/dead-letters", "/api/v1/dead-letters/nothing", "/nothing",
          "/api/v1/openapi.yaml", "/api/bq-sync/status", "/student-progress",
        ] {
          let lines = "\(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
          let get = try await RawExchange(
            port: process.port, sending: [ByteBuffer(string: "GET \(lines)")])
          let head = try await RawExchange(
            port: process.port, sending: [ByteBuffer(string: "HEAD \(lines)")])
          #expect(head.body.isEmpty, "\(path)")
          #expect(head.status == get.status, "\(path)")
          #expect(length(head) == length(get), "\(path)")
          #expect(length(get).map(Int.init) == get.body.utf8.count, "\(path)")
        }
      }
    }

    private func length(_ exchange: RawExchange) -> String? {
      exchange.head.split(separator: "\r\n").map { $0.lowercased() }
        .first { $0.hasPrefix("content-length: ") }.map { String($0.dropFirst(16)) }
    }
  }
}
