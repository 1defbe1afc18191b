import EventBus
import Foundation
import PostgresSink
import ProgressBusTesting
import SeededRandom
import Testing

@Suite(.tags(.servers)) struct ShuffledEventsTests {
  /// A day of a class: renames, changes of team, error streaks, requests for help.
  static func day(events: Int, students: Int, seed: UInt64) -> [TestEvent] {
    var random = SeededGenerator(seed: seed)
    return (0..<events).map { number in
      let student = Int.random(in: 0..<students, using: &random)
      let kind = ["help", "help_stop", "notebook_saved"].randomElement(using: &random) ?? "help"
      var event =
        Int.random(in: 0..<10, using: &random) == 0
        ? TestEvent(kind, at: number, student: "s\(student)")
        : TestEvent.run(
          "c\(Int.random(in: 0..<8, using: &random))", at: number, student: "s\(student)",
          error: Bool.random(using: &random)
            ? ["KeyError", "TypeError"].randomElement(using: &random) : nil,
          milliseconds: Double(Int.random(in: 1...4000, using: &random)) / 4)
      if Bool.random(using: &random) {
        event.fields["student_name"] = .text("Name \(Int.random(in: 0..<3, using: &random))")
      }
      if Bool.random(using: &random) {
        event.fields["team"] = .text("team \(Int.random(in: 0..<3, using: &random))")
      }
      return event
    }
  }

  @Test func anyOrderGivesTheSameSummary() async throws {
    let events = Self.day(events: 20_000, students: 40, seed: 7)
    var random = SeededGenerator(seed: 8)
    let shuffled = events.shuffled(using: &random)
    try await withStore { inOrder in
      try await withStore { anyhow in
        for start in stride(from: 0, to: events.count, by: 1000) {
          try await inOrder.write(Array(events[start..<start + 1000]))
          try await anyhow.write(Array(shuffled[start..<start + 1000]))
        }
        let expected = try await inOrder.summary()
        #expect(expected.count > 40 * 8)
        let summary = try await anyhow.summary()
        for (left, right) in zip(expected, summary) { #expect(left == right) }
        #expect(expected.count == summary.count)
      }
    }
  }

  @Test func concurrentBatchesWithTheSameKeysNeitherDeadlockNorMiscount() async throws {
    let events = Self.day(events: 8_000, students: 25, seed: 9)
    try await withStore { inOrder in
      try await withStore(lanes: 4) { store in
        for start in stride(from: 0, to: events.count, by: 1000) {
          try await inOrder.write(Array(events[start..<start + 1000]))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
          for lane in 0..<4 {
            group.addTask {
              // Each lane takes every fourth event, and each event goes through two lanes.
              var random = SeededGenerator(seed: UInt64(lane))
              let own = events.indices.filter { $0 % 4 == lane || ($0 + 1) % 4 == lane }
                .shuffled(using: &random)
              for start in stride(from: 0, to: own.count, by: 200) {
                try await store.write(own[start..<min(start + 200, own.count)].map { events[$0] })
              }
            }
          }
          try await group.waitForAll()
        }
        let deadlocks = try await store.row(
          "select deadlocks from pg_stat_database where datname = current_database()")
        #expect(deadlocks == "0")
        let (expected, summary) = (try await inOrder.summary(), try await store.summary())
        for (left, right) in zip(expected, summary) { #expect(left == right) }
        #expect(expected.count == summary.count)
      }
    }
  }
}
