import HTTPServerTesting
import LocalStack
import NIOCore
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// What a page of another origin gets that somebody opens on the server's machine: by its own name, which
  /// it can have point here (DNS rebinding), or by a WebSocket, which browsers let every page open.
  @Suite struct ForeignPageTests {
    private static let learnersData = [
      "/api/v1/courses", "/api/v1/courses/c/students", "/api/v1/courses/c/progress",
      "/api/v1/courses/c/help", "/api/v1/courses/c/activity", "/api/v1/students/s",
      "/api/v1/users/s/stats", "/", "/ops", "/js/main.js",
    ]

    private func ask(
      _ process: ProgressBusProcess, _ line: String, host: String, extra: String = "",
      body: String = ""
    ) async throws -> RawExchange {
      let request =
        "\(line) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\(extra)"
        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
      return try await RawExchange(port: process.port, sending: [ByteBuffer(string: request)])
    }

    private func listen(
      _ process: ProgressBusProcess, host: String, origin: String
    ) async throws -> Int {
      let (client, answer) = try await process.listen(host: host, extra: "Origin: \(origin)\r\n")
      client.close()
      return answer.status
    }

    @Test func aNameThatPointsHereReadsNothingOfLearnersAndMaySendEvents() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,dashboard")
        for host in ["evil.example", "127.0.0.1.evil.example:\(process.port)"] {
          for path in Self.learnersData {
            let answer = try await ask(process, "GET \(path)", host: host)
            #expect(answer.status == 421, "\(path)")
            #expect(answer.body.contains("PROGRESSBUS_HTTP_ALLOWED_HOSTS"), "\(path)")
            #expect(try await ask(process, "HEAD \(path)", host: host).status == 421, "\(path)")
          }
          #expect(try await listen(process, host: host, origin: "http://\(host)") == 421)
          for path in ["/health/live", "/health/ready", "/metrics"] {
            #expect(try await ask(process, "GET \(path)", host: host).status == 200, "\(path)")
          }
          let event =
            #"{"event_type":"help","student_id":"s","course_id":"c","notebook_path":"a.ipynb"}"#
          #expect(
            try await ask(process, "POST /student-progress", host: host, body: event).status == 202)
        }
        let own = "127.0.0.1:\(process.port)"
        #expect(try await ask(process, "GET /api/v1/courses", host: own).status == 200)
        #expect(try await listen(process, host: own, origin: "http://\(own)") == 101)
        for origin in ["https://evil.example", "http://127.0.0.1:1", "null"] {
          #expect(try await listen(process, host: own, origin: origin) == 403, "\(origin)")
        }
      }
    }

    @Test func whereTheIngestNamesOriginsAPageOfAnotherSendsNothing() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve(
          "ingest", settings: ["ingest.allowed_origins=https://lab.example"])
        let own = "127.0.0.1:\(process.port)"
        let event =
          #"{"event_type":"help","student_id":"s","course_id":"c","notebook_path":"a.ipynb"}"#
        for (origin, expected) in [
          ("https://lab.example", 202), ("http://\(own)", 202), ("https://evil.example", 403),
          ("null", 403),
        ] {
          let answer = try await ask(
            process, "POST /student-progress", host: own, extra: "Origin: \(origin)\r\n",
            body: event)
          #expect(answer.status == expected, "\(origin)")
        }
        #expect(
          try await ask(process, "POST /student-progress", host: own, body: event).status == 202)
      }
    }

    @Test func namesBehindAProxyAreGoodForWhatTheyWereGivenFor() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve(
          "dashboard",
          settings: [
            "http.allowed_hosts=class.example", "http.operator_hosts=bus.example",
            "websocket.allowed_origins=https://school.example",
          ])
        for (host, path, expected) in [
          ("class.example", "/api/v1/courses", 200), ("class.example", "/", 200),
          ("class.example", "/api/v1/bus", 421), ("bus.example", "/api/v1/courses", 200),
          ("bus.example", "/api/v1/bus", 200), ("other.example", "/api/v1/courses", 421),
        ] {
          let answer = try await ask(process, "GET \(path)", host: host)
          #expect(answer.status == expected, "\(host) \(path)")
        }
        for (host, origin, expected) in [
          ("class.example", "https://class.example", 101),
          ("bus.example", "https://bus.example", 101),
          ("class.example", "https://school.example", 101),
          ("class.example", "https://other.example", 403),
          ("other.example", "https://other.example", 421),
        ] {
          #expect(try await listen(process, host: host, origin: origin) == expected, "\(host)")
        }
      }
    }
  }
}
