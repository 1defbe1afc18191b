import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

/// Calls a second.
@Suite(.tags(.servers)) struct SharedCallLimiterTests {
  @Test func eachSlotServesOneCallASecondForAllProcesses() async throws {
    try await withMirror("http://127.0.0.1:1") { mirror in
      let start = try await mirror.text("select clock_timestamp()")
      let waits = try await withThrowingTaskGroup(of: [Duration].self) { group in
        for _ in 0..<3 {
          group.addTask {
            let store = MirrorStore(pool: mirror.pool)
            var waits: [Duration] = []
            for _ in 0..<12 { waits.append(try await store.admitCall(callsPerSecond: 10)) }
            return waits
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(try await mirror.number("select count(*) from bq_sync_call_slots") == 10)
      // Of 36 calls, some slot had four.
      let planned = try await mirror.text(
        "select max(free_at) - '\(start ?? "")'::timestamptz >= '4 s' from bq_sync_call_slots")
      #expect(planned == "true")
      #expect(waits.min() == .zero)
    }
  }

  @Test func whoMayMakeFewerCallsLeavesTheOthersSlots() async throws {
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
