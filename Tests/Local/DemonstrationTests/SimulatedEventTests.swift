import Events
import Foundation
import Testing

@testable import Demonstration

@Suite(.serialized) struct SimulatedEventTests {
  private static let start = Timestamp(rfc3339: "2026-11-21T09:00:00Z".utf8)!

  /// The server's own check of events: each passes, keeps its id and its time, and loses no field.
  @Test(arguments: 1...3) func everyEventIsValidByTheCatalog(_ seed: UInt64) throws {
    var simulation = SimulatedClass(
      ClassPlan(courseID: "demo", learners: 30, seed: seed), startedAt: Self.start)
    var normalizer = EventNormalizer(catalog: .standard)
    var tape = JSONTape()
    let events = simulation.events(through: Self.start + .minutes(100), limit: .max)
    #expect(
      Set(events.map(\.eventType)).subtracting(["kernel_died"]).count == 8, "\(seed)")
    for event in events {
      let sent = try JSONEncoder().encode(event)
      let stored = try Array(sent).withUnsafeBufferPointer { bytes in
        try tape.scan(bytes)
        return try withUnsafeTemporaryAllocation(
          byteCount: CanonicalForm.bound(of: bytes.count), alignment: 1
        ) { memory in
          let normalized = try normalizer.normalize(
            bytes, tape: tape, at: 0, receivedAt: Self.start + .minutes(161), into: memory)
          #expect(normalized.id == event.eventID)
          return Data(memory.prefix(normalized.length))
        }
      }
      let before = try #require(JSONSerialization.jsonObject(with: sent) as? [String: Any])
      var after = try #require(JSONSerialization.jsonObject(with: stored) as? [String: Any])
      after["received_at"] = nil
      #expect(NSDictionary(dictionary: before) == NSDictionary(dictionary: after))
    }
  }

  @Test func noLearnerNameIsLostAmongTheKinds() throws {
    var simulation = SimulatedClass(
      ClassPlan(courseID: "demo", learners: 2, seed: 3), startedAt: Self.start)
    let events = simulation.events(through: Self.start + .minutes(3), limit: .max)
    #expect(Set(events.map(\.studentName)).count == 2)
    #expect(Set(events.map(\.courseID)) == ["demo"])
  }
}
