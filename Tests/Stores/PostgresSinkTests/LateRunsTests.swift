import EventBus
import NIOCore
import PostgresDriver
import ProgressBusTesting
import Testing

/// Runs that arrive after later ones: the errors since a cell's last success are then counted from the events.
@Suite(.tags(.servers)) struct LateRunsTests {
  private static let cells = 300

  /// Three failures of each cell, from second 100 on.
  private static func failures(of students: [String] = ["s1"]) -> [TestEvent] {
    students.flatMap { student in
      (0..<cells * 3).map { number in
        TestEvent.run("c\(number % cells)", at: 100 + number, student: student, error: "KeyError")
      }
    }
  }

  /// A success of each cell at the second failure of the first.
  private static func lateSuccesses(of students: [String] = ["s1"]) -> [TestEvent] {
    students.flatMap { student in
      (0..<cells).map { TestEvent.run("c\($0)", at: 100 + cells, student: student) }
    }
  }

  @Test func failuresBeforeALateSuccessCountNoMore() async throws {
    try await withStore { store in
      try await store.write(Self.failures())
      try await store.write(Self.lateSuccesses())
      #expect(
        try await store.rows(
          "select consecutive_errors, count(*) from cell_progress group by 1 order by 1")
          == ["1 | 1", "2 | \(Self.cells - 1)"])
    }
  }

  /// An account that a class shares must not be read once for each of its cells.
  @Test(arguments: [["s1"], ["s1", "s2", "s3"]])
  func manyCellsOfALearnerAreCountedInOnePass(students: [String]) async throws {
    try await withStore { store in
      try await store.write(Self.failures(of: students))
      let late = try Self.lateSuccesses(of: students).map { String(buffer: try $0.entry().payload) }
      let batch = "[\(late.joined(separator: ","))]"
      let scans = try await store.database.transaction { database throws(PostgresError) in
        try database.query("select store_notebook_events($1::json)", [.text(batch)])
        return try database.query(
          "select pg_stat_get_xact_numscans('progress_events_timeline'::regclass) as scans")
      }
      #expect(try scans.rows[0].value("scans", as: Int64.self) == Int64(students.count))
    }
  }

  /// What a wrong clock said is neither looked for nor counted by that.
  @Test func runsOfAWrongClockAreCountedByTheServersTime() async throws {
    try await withStore { store in
      let ahead = (1...3).map {
        TestEvent.run("a", at: 7200 + $0, error: "E").corrected(at: $0 * 10)
      }
      try await store.write(ahead + [.run("a", at: 5)])
      #expect(try await store.row("select consecutive_errors from cell_progress") == "3")
      // Late, between the first failure and the second.
      try await store.write([.run("a", at: 15)])
      #expect(try await store.row("select consecutive_errors from cell_progress") == "2")
      try await store.write([.run("a", at: -3600).corrected(at: 25)])
      #expect(try await store.row("select consecutive_errors from cell_progress") == "1")
    }
  }

  @Test func aCallForHelpAfterAClockWasSetRightIsNotTakenBackByOneBefore() async throws {
    try await withStore { store in
      try await store.write([
        TestEvent("help", at: 7200).corrected(at: 1),
        TestEvent("help_stop", at: 7205).corrected(at: 6),
      ])
      try await store.write([TestEvent("help", at: 20), TestEvent("help", at: 30)])
      #expect(
        try await store.row("select help_asked_at, clock_skew_seconds from enrollments")
          == "2026-11-21 10:00:20+00 | -")
      try await store.write([TestEvent("help_stop", at: 0).corrected(at: 40)])
      #expect(
        try await store.row("select help_asked_at, clock_skew_seconds from enrollments")
          == "- | -40")
    }
  }
}
