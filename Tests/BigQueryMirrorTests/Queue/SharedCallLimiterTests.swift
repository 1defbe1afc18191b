import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

@Suite("Calls a second")
struct SharedCallLimiterTests {
  @Test("No window of a second holds more calls than allowed, however many processes make them")
  func windows() async throws {
    try await withMirror("http://127.0.0.1:1") { mirror in
      let begins = try await withThrowingTaskGroup(of: [Double].self) { group in
        for _ in 0..<3 {
          group.addTask {
            let store = MirrorStore(pool: mirror.pool)
            var begins: [Double] = []
            for _ in 0..<12 {
              let before = try await mirror.clock()
              begins.append(before + (try await store.admitCall(callsPerSecond: 10)) / .seconds(1))
            }
            return begins
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }.sorted()
      }
      #expect(begins.count == 36)
      // Planned, not waited for: 36 calls need more than three seconds.
      for index in 10..<begins.count {
        let window = begins[index] - begins[index - 10]
        // A moment is read before its plan is made, so that it may seem earlier than it is.
        #expect(window > 0.9, "\(index)")
      }
      #expect(begins[35] - begins[0] > 3)
    }
  }

  @Test("Who may make fewer calls leaves the others' alone")
  func fewer() async throws {
    try await withMirror("http://127.0.0.1:1") { mirror in
      let store = MirrorStore(pool: mirror.pool)
      _ = try await store.admitCall(callsPerSecond: 4)
      try await mirror.pool.query(
        "update bq_sync_call_slots set free_at = now() + '1 hour'::interval where slot <= 2")
      #expect(try await store.admitCall(callsPerSecond: 2) > .seconds(3_000))
      #expect(try await store.admitCall(callsPerSecond: 4) < .seconds(3_000))
      #expect(try await mirror.number("select count(*) from bq_sync_call_slots") == 4)
    }
  }
}

extension MirrorFixture {
  /// The database's time, in seconds.
  fileprivate func clock() async throws -> Double {
    try #require(
      try await pool.query("select extract(epoch from clock_timestamp())::double precision as now")
        .first
    ).value("now")
  }
}
