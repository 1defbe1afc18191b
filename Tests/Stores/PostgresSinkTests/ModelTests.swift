import EventBus
import Foundation
import NIOCore
import PostgresDriver
import PostgresSink
import ProgressBusTesting
import SeededRandom
import Testing
import WorkerRuntime

/// The tables hold what all events together say, however they were cut into batches.
@Suite(.tags(.servers)) struct ModelTests {
  /// A class that gives the store a hard time: few moments, so that many events are equally new, clocks
  /// that disagree, names and teams that change, cells without an id.
  ///
  /// - Parameter moments: so many that hardly two events are equally new, the worker can sum up by itself.
  static func events(
    count: Int, moments: Int = 60, using random: inout SeededGenerator
  ) -> [TestEvent] {
    (0..<count).map { _ in
      let chance = { (random: inout SeededGenerator) in Int.random(in: 0..<100, using: &random) }
      let kind =
        chance(&random) < 75
        ? "cell_executed"
        : ["help", "help_stop", "notebook_closed"].randomElement(using: &random) ?? "help"
      var event = TestEvent(
        kind, at: Int.random(in: 0..<moments, using: &random),
        student: "s\(Int.random(in: 0..<6, using: &random))",
        notebook: "week\(Int.random(in: 0..<2, using: &random))/n.ipynb",
        ["course_id": .text("c\(Int.random(in: 0..<2, using: &random))")])
      if chance(&random) < 25 {
        event = event.corrected(at: Int.random(in: 0..<moments, using: &random))
      }
      if chance(&random) < 80 {
        event.fields["cell_id"] = .text("cell-\(Int.random(in: 0..<3, using: &random))")
      }
      if chance(&random) < 60 {
        event.fields["cell_index"] = .integer(Int.random(in: 0..<3, using: &random))
      }
      if chance(&random) < 60 {
        event.fields["execution_count"] = .integer(Int.random(in: 1..<9, using: &random))
      }
      if chance(&random) < 80 {
        event.fields["duration_ms"] = .number(Double(Int.random(in: 0..<5000, using: &random)))
      }
      if chance(&random) < 40 {
        event.fields["has_error"] = true
        event.fields["error_name"] = .text(["KeyError", "TypeError"][chance(&random) % 2])
        event.fields["error_message"] = .text("message \(chance(&random) % 4)")
      } else if chance(&random) < 50 {
        event.fields["has_error"] = false
      }
      if chance(&random) < 50 {
        // Not two names at one moment: which of them stays is left open.
        event.fields["student_name"] = .text(
          ["", "Ann", "Bo \"B\" é"][(event.correctedAt ?? event.at) / 7 % 3])
      }
      if chance(&random) < 50 {
        event.fields["team"] = .text(["", "blue", "green"][chance(&random) % 3])
      }
      return event
    }
  }

  /// Batches of all sizes, in which an event may come twice or come again later.
  static func batches(
    of events: [TestEvent], using random: inout SeededGenerator
  ) -> [[TestEvent]] {
    var rest = (events + events.filter { _ in Int.random(in: 0..<8, using: &random) == 0 })
      .shuffled(using: &random)[...]
    var batches: [[TestEvent]] = []
    while !rest.isEmpty {
      let size = [1, 2, 7, 40, 300].randomElement(using: &random) ?? 1
      batches.append(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    return batches
  }

  static func check(_ store: Store, _ events: [TestEvent]) async throws {
    let model = ClassroomModel(events)
    #expect(try await store.students() == model.students)
    #expect(try await store.notebooks() == model.notebooks)
    #expect(try await store.enrollments() == model.enrollments)
    #expect(try await store.cells() == model.cells)
    #expect(try await store.activity() == model.activity)
    #expect(try await store.events().count == events.count)
  }

  @Test(arguments: 1...6) func anyBatchesGiveWhatTheModelSays(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let events = Self.events(count: 700, using: &random)
    let batches = Self.batches(of: events, using: &random)
    try await withStore { store in
      for batch in batches { try await store.write(batch) }
      try await Self.check(store, events)
    }
  }

  @Test(arguments: 11...13) func severalWritersGiveWhatTheModelSays(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let events = Self.events(count: 1_500, using: &random)
    // Each writer gets all events, so they meet in every row.
    let writers = (0..<3).map { _ in Self.batches(of: events, using: &random) }
    try await withStore(lanes: 3) { store in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for batches in writers {
          group.addTask { for batch in batches { try await store.write(batch) } }
        }
        try await group.waitForAll()
      }
      try await Self.check(store, events)
      #expect(
        try await store.row(
          "select deadlocks from pg_stat_database where datname = current_database()") == "0")
    }
  }

  @Test(arguments: [60, 40_000]) func rowsAndJSONStoreTheSame(moments: Int) async throws {
    var random = SeededGenerator(seed: 21)
    var events = Self.events(count: 400, moments: moments, using: &random)
    for index in events.indices {
      events[index].fields.merge([
        "code": .text("print(\"\(index) \u{1F600}\\n\")\n\t/"), "result": "",
        "session_id": .text("k\(index % 3)"), "cell_type": "code",
        "attributes": .object(["os": "Linux", "ü \"quoted\"": "\\\u{1}"]),
      ]) { $1 }
    }
    let all = events
    try await withStore { rows in
      try await withStore { json in
        for start in stride(from: 0, to: all.count, by: 100) {
          let batch = all[start..<start + 100]
          try await rows.write(Array(batch))
          // A number that only PostgreSQL's JSON reads as an integer makes the whole batch JSON.
          var odd = TestEvent("notebook_saved", at: 1, ["cell_index": "7"])
          odd.fields["event_id"] = .text("00000000-0000-7000-8000-\(100_000_000_000 + start)")
          try await rows.write([odd])
          try await json.write(batch + [odd])
        }
        #expect(try await rows.events() == json.events())
        #expect(try await rows.summary() == json.summary())
      }
    }
  }

  /// What a worker sums up is what the model says, and what is stored already comes to nothing when it comes again,
  /// alone or among new events.
  @Test(arguments: 31...34) func onlyEventsThatComeAgainNeedATemporaryTable(seed: UInt64)
    async throws
  {
    var random = SeededGenerator(seed: seed)
    let events = Self.events(count: 1_000, moments: 40_000, using: &random)
    let tables = "select count(*) from pg_class where relname = 'arrived_events'"
    try await withStore { store in
      for start in stride(from: 0, to: 900, by: 150) {
        try await store.write(Array(events[start..<start + 150]))
      }
      try await Self.check(store, Array(events[..<900]))
      #expect(try await store.row(tables) == "0")
      // The last is new.
      try await store.write(Array(events[300..<901]))
      try await Self.check(store, Array(events[..<901]))
      #expect(try await store.row(tables) == "1")
      try await store.write(Array(events[901...] + events[950...]))
      try await Self.check(store, events)
    }
  }

  @Test func twoBatchesInOneTransactionCountOnce() async throws {
    try await withStore { store in
      let text = { (event: TestEvent) in
        "'[\(String(buffer: try event.entry().payload))]'::json"
      }
      let first = TestEvent.run("a", at: 1)
      let second = TestEvent.run("a", at: 2)
      try await store.database.executeScript(
        """
        begin;
        select store_notebook_events(\(try text(first)));
        select store_notebook_events(\(try text(second)));
        select store_notebook_events(\(try text(first)));
        commit;
        """)
      try await Self.check(store, [first, second])
    }
  }
}
