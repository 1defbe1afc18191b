import CurlTransport
import HTTPTypes
import NIOCore
import ProgressBusTesting
import Testing

/// The JupyterLab extension *cell-monitor*, which posts from a browser.
@Suite(.timeLimit(.minutes(2)), .tags(.servers)) struct CellMonitorTests {
  private static let origin = "http://localhost:8888"

  @Test func itsArrayIsTakenAfterTheBrowsersPreflightAndStandsInTheJournalByOurNames() async throws
  {
    try await withLiveIngest { ingest in
      let transport = CurlTransport()
      let preflight = """
        OPTIONS /api/v1/events HTTP/1.1\r
        Host: test\r
        Connection: close\r
        Origin: \(Self.origin)\r
        Access-Control-Request-Method: POST\r
        Access-Control-Request-Headers: content-type\r
        \r

        """
      let permission = try await RawExchange(
        port: ingest.port, sending: [ByteBuffer(string: preflight)])
      #expect(permission.status == 204)
      #expect(permission.head.contains("access-control-allow-origin: *"))
      #expect(permission.head.contains("access-control-allow-methods: POST, OPTIONS"))
      #expect(permission.head.contains("access-control-allow-headers: content-type"))

      let body = #"""
        [{"eventId":"0192f5a1-7b3c-7def-8123-456789abcdef","eventType":"cell_executed",
          "eventTime":"2026-11-21T09:59:58.5Z","emailAddress":"ada@example.org","userName":"Ada",
          "teamName":"red","sessionId":"k-1","notebookPath":"w/1.ipynb","cellId":"c-1",
          "cellIndex":3,"cellType":"code","code":"print(1)","executionCount":7,"hasError":true,
          "errorMessage":"no","result":"1","executionDurationMs":12.5},
         {"eventId":"0192f5a1-7b3c-7def-8123-456789abcdee","eventType":"notebook_saved",
          "eventTime":"2026-11-21T09:59:59Z","emailAddress":"ada@example.org","userName":"Ada",
          "notebookPath":"w/1.ipynb"}]
        """#
      let answer = try await transport.send(
        TransportRequest(
          .post, "\(ingest.url)/api/v1/events",
          headers: [.contentType: "application/json", .origin: Self.origin],
          body: Array(body.utf8)))
      await transport.shutdown()
      #expect(answer.status == 202)
      #expect(answer.headers[.accessControlAllowOrigin] == "*")

      let journal = try await ingest.journal()
      #expect(journal.count == 2)
      let columns =
        #""student_id":"ada@example.org","student_name":"Ada","team":"red","session_id":"k-1","#
        + #""notebook_path":"w/1.ipynb","cell_id":"c-1","cell_index":3,"cell_type":"code","#
        + #""execution_count":7,"has_error":true,"error_message":"no","duration_ms":12.5}"#
      #expect(journal.first?.contains(#""occurred_at":"2026-11-21T09:59:58.500000Z""#) == true)
      #expect(journal.first?.hasSuffix(columns) == true)
      #expect(journal.last?.contains(#""event_type":"notebook_saved""#) == true)
    }
  }
}
