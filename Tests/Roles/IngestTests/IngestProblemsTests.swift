import EventBus
import HTTPServer
import HTTPTypes
import Testing

@testable import Ingest

@Suite struct IngestProblemsTests {
  @Test(
    arguments: [
      (
        BusError.unavailable(.outOfMemory, "OOM command not allowed"),
        "Redis has no memory left; nothing was accepted", 5
      ),
      (
        .full, "the journal is full of events that a sink has still to store; nothing was accepted",
        5
      ),
      (
        .unavailable(.replica, "READONLY You can't write"),
        "Redis is a replica, and takes no events; nothing was accepted", 1
      ),
      (.unavailable("refused"), "Redis cannot be reached; nothing was accepted", 1),
      (
        .unanswered("Redis did not answer within 2000 ms"),
        "Redis cannot be reached; some may have been accepted: send them again with the same event_id",
        1
      ),
      (
        .unavailable(.accessDenied, "NOPERM publish"),
        "Redis refuses the log-in or a command; some may have been accepted: send them again with "
          + "the same event_id", 1
      ),
    ] as [(BusError, String, Int)])
  func aSenderIsToldTheCauseAndWhatCameOfTheEvents(
    error: BusError, detail: String, retryAfter: Int
  ) {
    let problem = Problem.refusedByBus(error)
    #expect(problem.status == .serviceUnavailable)
    #expect(problem.detail == detail)
    #expect(problem.fields[.retryAfter] == "\(retryAfter)")
  }
}
