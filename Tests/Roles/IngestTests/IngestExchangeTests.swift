import EventBus
import HTTPServerTesting
import NIOCore
import Observability
import ProgressBusTesting
import Testing

@testable import Ingest

/// What a client sees of the endpoint on one connection.
@Suite(.timeLimit(.minutes(2))) struct IngestExchangeTests {
  @Test func partsOfABatchAreAnsweredAndAllThatWasAcceptedIsInTheJournal() async throws {
    try await withIngest { server in
      let client = try await RawClient(port: server.port)
      let all = try await client.post(SampleText.event(#","event_id":"\#(SampleText.id)""#))
      #expect(all.status == 202)
      #expect(all.headers["content-type"] == "application/json")
      #expect(
        all.body == #"{"accepted":[{"index":0,"event_id":"\#(SampleText.id)"}],"rejected":[]}"#)
      let some = try await client.post("[{},\(SampleText.event())]", to: "/api/v1/events?x=1")
      #expect(some.status == 207)
      #expect(some.body.contains(#""rejected":[{"index":0,"errors":[{"pointer":"/event_type""#))
      let none = try await client.post("[{}]")
      #expect(none.status == 422)
      #expect(none.body.hasPrefix(#"{"accepted":[],"rejected":[{"index":0"#))
      #expect(try await client.post("[]").status == 202)
      #expect(try await server.journal().count == 2)
      let metrics = server.metrics.prometheusText()
      #expect(metrics.contains("progressbus_events_received_total 4\n"))
      #expect(metrics.contains("progressbus_events_accepted_total 2\n"))
      #expect(metrics.contains("progressbus_events_published_total 2\n"))
      #expect(metrics.contains(#"progressbus_events_rejected_total{reason="invalid"} 2"#))
      client.close()
    }
  }

  @Test func pipelinedRequestsForUsAndForOthersAreAnsweredInOrder() async throws {
    try await withIngest { server in
      let client = try await RawClient(port: server.port)
      var bytes: [UInt8] = []
      for number in 0..<100 {
        bytes += client.request(Array(SampleText.event(student: "s-\(number)").utf8))
        bytes += client.head([], to: "/hello", method: "GET")
        bytes += client.request(Array("\(number)".utf8), to: "/echo")
      }
      try await client.send(bytes)
      for number in 0..<100 {
        #expect(try await client.response().status == 202)
        #expect(try await client.response().body == "hello")
        #expect(try await client.response().body == "\(number)")
      }
      let students = try await server.journal().map { $0.contains(#""student_id":"s-"#) }
      #expect(students == Array(repeating: true, count: 100))
      let last = try await server.journal().last
      #expect(last?.contains(#""student_id":"s-99""#) == true)
      client.close()
    }
  }

  @Test func anArrayThatIsNoJSONIs400AndLeavesTheConnectionAsItWas() async throws {
    try await withIngest { server in
      let client = try await RawClient(port: server.port)
      let response = try await client.post("[{")
      #expect(response.status == 400)
      #expect(response.headers["content-type"] == "application/problem+json")
      #expect(response.body.contains(#""status":400"#))
      #expect(try await client.post(SampleText.event()).status == 202)
      client.close()
    }
  }

  @Test func linesAreReadByTheirTypeAndAnyOtherTypeIs415() async throws {
    try await withIngest { server in
      let client = try await RawClient(port: server.port)
      let lines = SampleText.event() + "\n" + SampleText.event() + "\n"
      #expect(
        try await client.post(lines, ["Content-Type: application/x-ndjson"]).status == 202)
      #expect(try await server.journal().count == 2)
      let text = try await client.post(lines, ["Content-Type: text/plain"])
      #expect(text.status == 415)
      #expect(text.body.contains("application/x-ndjson"))
      #expect(text.headers["connection"] == "close")
      let packed = try await RawClient(port: server.port)
        .post(SampleText.event(), ["Content-Encoding: br"])
      #expect(packed.status == 415)
      #expect(packed.headers["accept-encoding"] == "gzip, deflate")
    }
  }

  @Test func anotherMethodIs405AndTheAnswerToHEADHasNoBody() async throws {
    try await withIngest { server in
      for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let client = try await RawClient(port: server.port)
        try await client.send(client.head([], method: method))
        let response = try await client.response()
        #expect(response.status == 405)
        #expect(response.headers["allow"] == "POST, OPTIONS")
        #expect(response.body.contains(#""detail":"events are sent by POST""#))
      }
      let client = try await RawClient(port: server.port)
      try await client.send(client.head([], method: "HEAD"))
      let answer = String(buffer: try await client.remainder())
      #expect(answer.hasPrefix("HTTP/1.1 405 "))
      #expect(answer.hasSuffix("\r\n\r\n"))
    }
  }

  @Test func aBrowsersPreflightAndThePOSTBehindItAreAnswered() async throws {
    try await withIngest { server in
      let client = try await RawClient(port: server.port)
      try await client.send(
        client.head(
          [
            "Origin: http://localhost:8888", "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: content-type",
          ], to: "/api/v1/events", method: "OPTIONS"))
      let preflight = try await client.response()
      #expect(preflight.status == 204)
      #expect(preflight.headers["access-control-allow-origin"] == "*")
      #expect(preflight.headers["access-control-allow-methods"] == "POST, OPTIONS")
      #expect(preflight.headers["access-control-allow-headers"]?.contains("content-type") == true)
      #expect(preflight.headers["content-length"] == nil)
      let origin = "Origin: http://localhost:8888"
      for body in [SampleText.event(), "{}", "{"] {
        let response = try await client.post(body, to: "/api/v1/events", [origin])
        #expect(response.headers["access-control-allow-origin"] == "*")
      }
      client.close()
    }
  }

  @Test func withoutTheBusNothingIsAcceptedUntilItIsBack() async throws {
    try await withIngest { server in
      let client = try await RawClient(port: server.port)
      server.bus.setAvailable(false)
      let response = try await client.post(SampleText.event())
      #expect(response.status == 503)
      #expect(response.headers["retry-after"] == "1")
      #expect(response.body.contains("nothing was accepted"))
      // What is wrong whatever the bus does is said without it.
      #expect(try await client.post("{}").status == 422)
      server.bus.setAvailable(true)
      #expect(try await client.post(SampleText.event()).status == 202)
      #expect(try await server.journal().count == 1)
      #expect(
        server.metrics.prometheusText()
          .contains(#"progressbus_events_rejected_total{reason="bus_unavailable"} 1"#))
      client.close()
    }
  }

  @Test func aFullBusTakesAllOfARequestOrNothing() async throws {
    try await withIngest(journalCapacity: 3) { server in
      let client = try await RawClient(port: server.port)
      #expect(try await client.post(SampleText.array(2)).status == 202)
      let response = try await client.post(SampleText.array(2))
      #expect(response.status == 503)
      #expect(response.headers["retry-after"] == "5")
      #expect(response.body.contains("full"))
      #expect(try await server.journal().count == 2)
      #expect(
        server.metrics.prometheusText()
          .contains(#"progressbus_events_rejected_total{reason="bus_full"} 2"#))
      client.close()
    }
  }
}
