import Foundation
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Synchronization
import Testing

@testable import BigQueryMirror

/// Learner statistics.
@Suite(.tags(.servers)) struct LearnerStatisticsTests {
  /// Midday of 7 March 2026.
  private static let now: @Sendable () -> Date = {
    Date(timeIntervalSince1970: 1_772_884_800)
  }

  private static let rows = """
    insert into dialogue_sessions (session_id, user_id, start_time) values
      ('s1', 'ada', '2026-03-01T00:00:00Z'), ('s2', 'ada', '2026-03-05T23:59:59.999999Z'),
      ('s3', 'ada', '2026-03-05T08:00:00Z'), ('s4', 'ada', '2026-02-28T23:59:59Z'),
      ('s5', 'bob', '2026-03-05T08:00:00Z');
    insert into learning_history (id, user_id, problem_id, attempted_at, solved_independently,
      hints_used, time_spent_seconds, points_earned) values
      ('1', 'ada', 'p1', '2026-03-01T00:00:00Z', true, 0, 60, 10),
      ('2', 'ada', 'p2', '2026-03-01T12:00:00Z', false, 3, 120, 4),
      ('3', 'ada', 'p1', '2026-03-05T12:00:00Z', true, null, null, 10),
      ('4', 'ada', 'p3', '2026-03-07T12:00:00Z', null, 1, 30, 0),
      ('5', 'ada', 'p4', '2026-02-28T23:59:59Z', true, 9, 900, 90),
      ('6', 'bob', 'p1', '2026-03-01T12:00:00Z', true, 9, 900, 90);
    """

  /// Made by hand from the rows above.
  private func check(_ report: StatisticsReport, _ source: StatisticsReport.Source) {
    typealias Figures = StatisticsReport.Figures
    #expect(report.source == source)
    #expect(report.days.map(\.day) == (1...7).map { "2026-03-0\($0)" })
    let expected = [
      "2026-03-01": Figures(
        sessions: 1, problems: 2, solvedAlone: 1, hints: 3, points: 14, timeSpentSeconds: 180),
      "2026-03-05": Figures(
        sessions: 2, problems: 1, solvedAlone: 1, hints: 0, points: 10, timeSpentSeconds: 0),
      "2026-03-07": Figures(
        sessions: 0, problems: 1, solvedAlone: 0, hints: 1, points: 0, timeSpentSeconds: 30),
    ]
    for day in report.days { #expect(day.figures == expected[day.day] ?? Figures(), "\(day.day)") }
    #expect(
      report.totals
        == Figures(
          sessions: 3, problems: 4, solvedAlone: 2, hints: 4, points: 24, timeSpentSeconds: 210))
  }

  @Test func statisticsComeFromPostgreSQLWhileTheMirrorIsOff() async throws {
    try await withMirror("http://127.0.0.1:1") { mirror in
      try await mirror.pool.withConnection { try await $0.executeScript(Self.rows) }
      let off = MirrorController(
        configuration: mirror.controller.configuration, isEnabled: false, pool: mirror.pool,
        transport: mirror.transport, environment: [:], logger: mirror.controller.logger)
      let statistics = LearnerStatistics(controller: off, cache: nil, now: Self.now)
      check(try await statistics.statistics(of: "ada", days: 7), .postgresql)
    }
  }

  @Test func aHundredAskersCostOneQuery() async throws {
    let emulator = try await SharedEmulator.shared.server()
    let dataset = await SharedEmulator.shared.nextDataset()
    try await withMirror(
      emulator.url,
      change: MirrorFixture.change {
        $0.datasetID = dataset
        $0.callTimeout = .seconds(60)
      }
    ) { mirror in
      _ = try await mirror.controller.createTables()
      try await mirror.pool.withConnection { try await $0.executeScript(Self.rows) }
      _ = try await mirror.controller.flush()
      let cache = MemoryCache()
      // Two processes.
      let askers = (0..<2).map { _ in
        LearnerStatistics(controller: mirror.controller, cache: cache, now: Self.now)
      }
      let reports = try await withThrowingTaskGroup(of: StatisticsReport.self) { group in
        for number in 0..<100 {
          group.addTask { try await askers[number % 2].statistics(of: "ada", days: 7) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(reports.count == 100)
      #expect(reports.allSatisfy { $0 == reports[0] })
      check(reports[0], .bigquery)
      #expect(cache.stored == 1)
      #expect(try await askers[0].statistics(of: "ada", days: 7) == reports[0])
      #expect(cache.stored == 1)
    }
  }

  @Test func aQueryThatFailsLeavesNoLock() async throws {
    try await withBigQueryStub(
      otherwise: Answers.script { _ in Answers.error(403, "accessDenied") }
    ) { server in
      try await withMirror(server.url) { mirror in
        let cache = MemoryCache()
        let statistics = LearnerStatistics(
          controller: mirror.controller, cache: cache, now: Self.now)
        await #expect(throws: MirrorError.self) {
          try await statistics.statistics(of: "ada", days: 7)
        }
        #expect(cache.locked == 0)
        #expect(cache.stored == 0)
      }
    }
  }

  @Test func aSlowQueryIsAskedForUntilItIsDone() async throws {
    try await withBigQueryStub(
      otherwise: Answers.script { _ in
        .json(200, #"{"jobComplete":false,"jobReference":{"jobId":"j","location":"EU"}}"#)
      }
    ) { server in
      server.answerNext(
        .json(200, #"{"jobComplete":false,"jobReference":{"jobId":"j","location":"EU"}}"#),
        .json(200, #"{"jobComplete":false,"jobReference":{"jobId":"j","location":"EU"}}"#),
        .json(
          200,
          #"{"jobComplete":true,"pageToken":"t","jobReference":{"jobId":"j","location":"EU"},"rows":[{"f":[{"v":"1"}]}]}"#
        ),
        .json(200, #"{"jobComplete":true,"rows":[{"f":[{"v":null}]}]}"#))
      try await withMirror(server.url) { mirror in
        let call = QueryCall(client: try await mirror.controller.parts.client(), location: nil)
        let rows = try await call.rows("SELECT 1", [])
        #expect(rows == [["1"], [nil]])
        let path = "/bigquery/v2/projects/test/queries"
        #expect(
          server.requests.map(\.target) == [
            path, "\(path)/j?timeoutMs=10000&location=EU", "\(path)/j?timeoutMs=10000&location=EU",
            "\(path)/j?timeoutMs=10000&location=EU&pageToken=t",
          ])
      }
    }
  }
}

/// A cache in memory that counts what is put into it.
private final class MemoryCache: StatisticsCache {
  private let values = Mutex<[String: [UInt8]]>([:])
  private let locks = Mutex<Set<String>>([])
  private let count = Atomic(0)

  var locked: Int { locks.withLock { $0.count } }

  var stored: Int { count.load(ordering: .relaxed) }

  func value(for key: String) -> [UInt8]? { values.withLock { $0[key] } }

  func store(_ value: [UInt8], for key: String, lifetime: Duration) {
    count.add(1, ordering: .relaxed)
    values.withLock { $0[key] = value }
  }

  func lock(_ key: String, for lifetime: Duration) -> Bool {
    locks.withLock { $0.insert(key).inserted }
  }

  func unlock(_ key: String) {
    locks.withLock { _ = $0.remove(key) }
  }
}
