import Foundation
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

/// Answers that are no success.
@Suite(.tags(.servers)) struct FailureAnswerTests {
  @Test(arguments: [
    Answers.error(429, "rateLimitExceeded"), Answers.error(500, "internalError"),
    Answers.error(503, "backendError", headers: [("Retry-After", "1")]),
    Answers.error(404, "notFound"), .cut, .garbage(Array("not http\r\n\r\n".utf8)),
    .text(200, "<html>"), .cutBody(status: 200, body: Array(#"{"kind":"x"}"#.utf8), sent: 3),
    .hang,
  ])
  func whatMayPassIsTriedAgainInsideTheCall(answer: FaultAnswer) async throws {
    try await withBigQueryStub(otherwise: Answers.script { _ in Answers.accepted }) { server in
      server.answerNext(answer, answer)
      // Only who waits for a timeout needs a short one.
      let timeout: Duration = if case .hang = answer { .seconds(2) } else { .seconds(30) }
      try await withMirror(server.url, change: MirrorFixture.change { $0.callTimeout = timeout }) {
        mirror in
        try await mirror.insertMetrics(3)
        let report = try await mirror.controller.flush()
        #expect(report == FlushReport(synced: 3, retried: 0, failed: 0, pending: 0))
        #expect(server.requests.count == 3)
        #expect(Set(try server.requests.map { try $0.sentIDs }) == [["m1", "m2", "m3"]])
        #expect(
          try await mirror.number("select count(*) from agent_metrics where synced_to_bq") == 3)
      }
    }
  }

  @Test func whatDoesNotPassIsGivenUpAfterTenAttempts() async throws {
    try await withBigQueryStub(
      otherwise: Answers.script { _ in Answers.error(503, "backendError") }
    ) { server in
      try await withMirror(server.url, change: MirrorFixture.change { $0.callsPerSecond = 1_000 }) {
        mirror in
        try await mirror.insertMetrics(2)
        let before = try #require(try await mirror.text("select now()::text"))
        _ = try await mirror.controller.flush()
        // Three tries of the call, and one of each half.
        #expect(server.requests.count == 5)
        let waits = try await mirror.text(
          "select min(ready_at) > '\(before)' and max(ready_at) <= now() + interval '1 s' from bq_sync_queue"
        )
        #expect(waits == "true")
        #expect(try await mirror.number("select min(attempts) from bq_sync_queue") == 1)

        try await mirror.pool.query("update bq_sync_queue set attempts = 9")
        try await mirror.skipWaits()
        // Another process, whose circuit is closed.
        let report = try await mirror.controller(server.url).flush()
        #expect(report == FlushReport(synced: 0, retried: 0, failed: 2, pending: 0))
        #expect(
          try await mirror.text("select min(reason) from bq_sync_failures")
            == "given up after 10 attempts: HTTP 503 backendError")
        #expect(try await mirror.number("select max(attempts) from bq_sync_failures") == 10)
        let figures = try await mirror.figures()
        #expect(figures.enqueued == 2 && figures.failed == 2 && figures.synced == 0)
        #expect(figures.lastError == "HTTP 503 backendError")
      }
    }
  }

  @Test(arguments: [500, 503])
  func aRowBehindAServerErrorCostsNoOther(status: Int) async throws {
    try await withBigQueryStub(
      otherwise: Answers.script { request in
        request.text.contains("\"m3\"") || request.text.contains("\"m7\"")
          ? Answers.error(status, "backendError") : Answers.accepted
      }
    ) { server in
      try await withMirror(server.url, change: MirrorFixture.change { $0.callsPerSecond = 1_000 }) {
        mirror in
        try await mirror.insertMetrics(8)
        let report = try await mirror.controller.flush()
        #expect(report == FlushReport(synced: 6, retried: 2, failed: 0, pending: 2))
        #expect(
          try await mirror.text("select string_agg(source_key, ',' order by id) from bq_sync_queue")
            == "m3,m7")
        // The table does not rest: it takes rows.
        try await mirror.insertMetrics(1, prefix: "n")
        #expect(try await mirror.controller.flush().synced == 1)
      }
    }
  }

  @Test(arguments: [400, 500, 503])
  func rowsThatAnErrorListsAreFoundInItsBody(status: Int) async throws {
    try await withBigQueryStub(otherwise: Answers.script { _ in Answers.accepted }) { server in
      server.answerNext(
        .json(
          status,
          """
          {"error":{"code":\(status),"errors":[{"reason":"backendError"}]},"insertErrors":[
            {"index":1,"errors":[{"reason":"invalid","location":"action","message":"x"}]}]}
          """))
      try await withMirror(server.url) { mirror in
        try await mirror.insertMetrics(3)
        let report = try await mirror.controller.flush()
        #expect(report == FlushReport(synced: 2, retried: 0, failed: 1, pending: 0))
        #expect(try server.requests.map { try $0.sentIDs } == [["m1", "m2", "m3"], ["m1", "m3"]])
      }
    }
  }

  @Test func aCallThatTakesTooLongIsHalved() async throws {
    try await withBigQueryStub(
      otherwise: Answers.script { request in
        ((try? request.sentIDs.count) ?? 0) > 3 ? .hang : Answers.accepted
      }
    ) { server in
      let change = MirrorFixture.change { $0.callTimeout = .milliseconds(500) }
      try await withMirror(server.url, change: change) { mirror in
        try await mirror.insertMetrics(6)
        let report = try await mirror.controller.flush()
        #expect(report == FlushReport(synced: 6, retried: 0, failed: 0, pending: 0))
      }
    }
  }

  @Test func aSpentQuotaIsTenMinutesOfQuietAndNoAttempt() async throws {
    try await withBigQueryStub(
      otherwise: Answers.script { _ in Answers.error(403, "quotaExceeded") }
    ) { server in
      try await withMirror(server.url, change: MirrorFixture.change { $0.batchSize = 2 }) {
        mirror in
        try await mirror.insertMetrics(5)
        _ = try await mirror.controller.flush()
        _ = try await mirror.controller.flush()
        #expect(server.requests.count == 1, "the table is left alone")
        #expect(try await mirror.number("select max(attempts) from bq_sync_queue") == 0)
        #expect(
          try await mirror.number(
            """
            select count(*) from bq_sync_queue
            where ready_at between now() + interval '9 min 50 s' and now() + interval '10 min'
            """) == 2)
      }
    }
  }

  @Test func aRefusedCallerIsNotTriedAgainInsideTheCall() async throws {
    try await withBigQueryStub(
      otherwise: Answers.script { _ in Answers.error(403, "accessDenied") }
    ) { server in
      try await withMirror(server.url) { mirror in
        try await mirror.insertMetrics(2)
        _ = try await mirror.controller.flush()
        #expect(server.requests.count == 1)
        let figures = try await mirror.figures()
        #expect(figures.pending == 2)
        #expect(figures.lastError == "HTTP 403 accessDenied")
      }
    }
  }

  @Test func aRequestThatIsTooLargeIsHalved() async throws {
    try await withBigQueryStub(
      otherwise: Answers.script { request in
        request.text.contains("\"m3\"") ? .text(413, "too large") : Answers.accepted
      }
    ) { server in
      try await withMirror(server.url) { mirror in
        try await mirror.insertMetrics(8)
        let report = try await mirror.controller.flush()
        #expect(report == FlushReport(synced: 7, retried: 0, failed: 1, pending: 0))
        #expect(
          try await mirror.text("select source_key || ': ' || reason from bq_sync_failures")
            == "m3: HTTP 413")
      }
    }
  }

  @Test func stoppedRowsAreSentAgainWithoutTheBadOnes() async throws {
    try await withBigQueryStub(otherwise: Answers.script { _ in Answers.accepted }) { server in
      server.answerNext(
        Answers.insertErrors([
          (0, "stopped", ""), (1, "invalid", "bad value: learner-one"), (2, "stopped", ""),
        ]))
      try await withMirror(server.url) { mirror in
        try await mirror.insertMetrics(3)
        let report = try await mirror.controller.flush()
        #expect(report == FlushReport(synced: 2, retried: 0, failed: 1, pending: 0))
        #expect(try server.requests.map { try $0.sentIDs } == [["m1", "m2", "m3"], ["m1", "m3"]])
        #expect(
          try await mirror.text("select reason from bq_sync_failures")
            == "invalid: action: bad value: learner-one")
        #expect(try await mirror.figures().lastError == "invalid: action")
        #expect(MirrorFixture.log.text.contains("invalid: action"))
        #expect(!MirrorFixture.log.text.contains("learner-one"), "Google's words are not logged")
      }
    }
  }

  @Test func rowsThatAreAllStoppedWait() async throws {
    try await withBigQueryStub(otherwise: Answers.script { _ in Answers.accepted }) { server in
      server.answerNext(
        Answers.insertErrors([(0, "backendError", ""), (1, "quotaExceeded", "")]),
        Answers.insertErrors([(0, "stopped", ""), (1, "stopped", "")]))
      try await withMirror(server.url) { mirror in
        try await mirror.insertMetrics(3)
        let first = try await mirror.controller.flush()
        #expect(first == FlushReport(synced: 1, retried: 2, failed: 0, pending: 2))
        #expect(
          try await mirror.text(
            "select string_agg(source_key || attempts, ',' order by id) from bq_sync_queue")
            == "m11,m20")
        try await mirror.skipWaits()
        let second = try await mirror.controller.flush()
        #expect(second == FlushReport(synced: 0, retried: 2, failed: 0, pending: 2))
        #expect(server.requests.count == 2)
      }
    }
  }

  @Test func failuresGoBackOnTheQueueOrAreCleared() async throws {
    try await withBigQueryStub(otherwise: Answers.script { _ in Answers.accepted }) { server in
      server.answerNext(
        Answers.insertErrors([(0, "invalid", "x"), (1, "invalid", "x"), (2, "invalid", "x")]),
        Answers.insertErrors([(0, "invalid", "y")]))
      try await withMirror(server.url) { mirror in
        try await mirror.insertMetrics(3)
        _ = try await mirror.controller.flush()
        #expect(try await mirror.figures().failed == 3)
        #expect(try await mirror.controller.retry() == RetryReport(requeued: 3))
        #expect(try await mirror.controller.retry() == RetryReport(requeued: 0))
        #expect(try await mirror.figures().pending == 3)
        let report = try await mirror.controller.flush()
        #expect(report == FlushReport(synced: 2, retried: 0, failed: 1, pending: 0))
        #expect(
          try await mirror.text(
            """
            select string_agg(source_key || ' ' || status || ' ' || attempts || ' ' || reason, ', '
              order by source_key) from bq_sync_failures
            """) == "m1 pending 2 invalid: action: y, m2 resolved 1 invalid: action: x, "
            + "m3 resolved 1 invalid: action: x")
        #expect(try await mirror.controller.clearFailed() == ClearReport(cleared: 1))
        let figures = try await mirror.figures()
        #expect(figures.enqueued == 2 && figures.synced == 2 && figures.failed == 0)
        #expect(
          try await mirror.number(
            "select count(*) from bq_sync_failures where status = 'abandoned'") == 1)
      }
    }
  }

  @Test func aTrainingSessionShowsItsOwnState() async throws {
    try await withBigQueryStub(otherwise: Answers.script { _ in Answers.accepted }) { server in
      server.answerNext(
        Answers.error(403, "accessDenied"), Answers.insertErrors([(0, "invalid", "x")]))
      try await withMirror(server.url) { mirror in
        try await mirror.pool.query(
          """
          insert into training_sessions (session_id, user_id, exercise_type, start_time, status)
          values ('s', 'learner-one', 'squat', now(), 'completed')
          """)
        let state = """
          select concat_ws(' ', sync_status, synced_to_bq, synced_at is not null, sync_retry_count,
            sync_error) from training_sessions
          """
        #expect(try await mirror.text(state) == "pending f f 0")
        _ = try await mirror.controller.flush()
        #expect(try await mirror.text(state) == "pending f f 1 HTTP 403 accessDenied")
        try await mirror.skipWaits()
        _ = try await mirror.controller(server.url).flush()
        #expect(try await mirror.text(state) == "failed f f 2 invalid: action: x")
        _ = try await mirror.controller.retry()
        _ = try await mirror.controller(server.url).flush()
        #expect(try await mirror.text(state) == "synced t t 2")
      }
    }
  }
}
