import Foundation
import PostgresDriver

/// CPU time of PostgreSQL's backends, to the nanosecond (Linux: Documentation/scheduler/sched-stats.rst).
struct ProcessorTime {
  private let processes: [Int32]

  /// Of the backend that serves a connection.
  init(of connection: PostgresConnection) async throws {
    let row = try await connection.query("select pg_backend_pid() as process").first
    processes = try row.map { [try $0.value("process")] } ?? []
  }

  /// Of all backends of a database.
  init(of database: String, askedOn connection: PostgresConnection) async throws {
    processes = try await connection.query(
      "select pid from pg_stat_activity where datname = $1", [.text(database)]
    ).rows.map { try $0.value("pid") }
  }

  func seconds() throws -> Double {
    try processes.reduce(0) { sum, process in
      let text = try String(contentsOfFile: "/proc/\(process)/schedstat", encoding: .utf8)
      return sum + (text.split(separator: " ").first.flatMap { Double($0) } ?? 0) / 1e9
    }
  }
}
