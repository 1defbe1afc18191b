import EventBus
import Foundation
import NIOCore
import WorkerRuntime

/// What every sink promises to the worker runtime, to be checked against its real server:
///
///     @Test(arguments: SinkConformance.allCases)
///     func keepsItsPromises(promise: SinkConformance) async throws {
///       try await promise.check(MySubject())
///     }
///
/// `transientOutage` stops the server: give it a server of its own.
public enum SinkConformance: String, CaseIterable, Sendable, CustomStringConvertible {
  /// A batch is stored whole and nothing in it is refused.
  case storesABatch
  /// A batch that is written again, even in another order or with others, is stored once.
  case replayIsIdempotent
  /// An event twice in one batch is stored once.
  case repeatedInOneBatch
  /// An event that is refused for good keeps none of its batch from being stored.
  case refusesAlone
  /// As many batches as there are lanes can be written at the same time.
  case takesItsLanes
  /// A server that is away is `unavailable`, promptly and for every event; nothing is refused, and
  /// the same sink goes on once it is back.
  case transientOutage
  /// Batch size, lanes and name make sense.
  case declaresItself

  public var description: String { rawValue }

  /// - Throws: `ConformanceFailure` when the promise is not kept.
  public func check(_ subject: any SinkSubject) async throws {
    let sink = try await subject.makeSink()
    do {
      switch self {
      case .storesABatch: try await Self.storesABatch(sink, subject)
      case .replayIsIdempotent: try await Self.replayIsIdempotent(sink, subject)
      case .repeatedInOneBatch: try await Self.repeatedInOneBatch(sink, subject)
      case .refusesAlone: try await Self.refusesAlone(sink, subject)
      case .takesItsLanes: try await Self.takesItsLanes(sink, subject)
      case .transientOutage: try await Self.transientOutage(sink, subject)
      case .declaresItself: try Self.declaresItself(sink)
      }
    } catch {
      await sink.close()
      throw error
    }
    await sink.close()
  }
}

extension SinkConformance {
  private static func storesABatch(_ sink: any Sink, _ subject: any SinkSubject) async throws {
    try await sink.check()
    let events = SampleEvents.make(min(sink.batchSize, 200))
    try expect(try await sink.write(events.entries).isEmpty, "a good event was refused")
    try await expectStoredOnce(events.ids, subject)
  }

  private static func replayIsIdempotent(_ sink: any Sink, _ subject: any SinkSubject) async throws
  {
    let events = SampleEvents.make(20)
    let more = SampleEvents.make(5)
    for batch in [events.entries, events.entries, Array(events.entries.reversed()) + more.entries] {
      try expect(try await sink.write(batch).isEmpty, "a replayed event was refused")
    }
    try await expectStoredOnce(events.ids + more.ids, subject)
  }

  private static func repeatedInOneBatch(_ sink: any Sink, _ subject: any SinkSubject) async throws
  {
    let events = SampleEvents.make(3)
    let batch = events.entries + events.entries
    try expect(try await sink.write(batch).isEmpty, "a repeated event was refused")
    try await expectStoredOnce(events.ids, subject)
  }

  private static func refusesAlone(_ sink: any Sink, _ subject: any SinkSubject) async throws {
    let events = SampleEvents.make(30)
    let badID = UUID().uuidString.lowercased()
    let bad = SampleEvents.entry(payload: subject.refusedPayload(eventID: badID))
    var batch = events.entries
    batch.insert(bad, at: 17)
    let refusals = try await settle(batch, in: sink)
    try expect(refusals.map(\.index) == [17], "refused \(refusals), not the event at index 17")
    for refusal in refusals {
      try expect(!refusal.reason.isEmpty, "the reason is empty")
      try expect(!refusal.reason.contains("\n"), "the reason has several lines")
    }
    try await expectStoredOnce(events.ids, subject)
    let stored = try await subject.storedCounts([badID])
    try expect(stored.isEmpty, "the refused event was stored")
  }

  private static func takesItsLanes(_ sink: any Sink, _ subject: any SinkSubject) async throws {
    let batches = (0..<sink.lanes).map { _ in SampleEvents.make(50) }
    let refusals = try await withThrowingTaskGroup(of: Int.self) { group in
      for batch in batches {
        group.addTask { try await sink.write(batch.entries).count }
      }
      return try await group.reduce(0, +)
    }
    try expect(refusals == 0, "a good event was refused")
    try await expectStoredOnce(batches.flatMap(\.ids), subject)
  }

  private static func transientOutage(_ sink: any Sink, _ subject: any SinkSubject) async throws {
    let events = SampleEvents.make(10)
    try await subject.stopServer()
    do {
      for _ in 0..<2 {
        try await expectUnavailable { () async throws(SinkError) in
          _ = try await sink.write(events.entries)
        }
        try await expectUnavailable { () async throws(SinkError) in try await sink.check() }
      }
    } catch {
      try await subject.startServer()
      throw error
    }
    try await subject.startServer()
    try await eventually(within: .seconds(30), "the sink takes writes again") {
      try await sink.write(events.entries).isEmpty
    }
    try await sink.check()
    try await expectStoredOnce(events.ids, subject)
  }

  private static func declaresItself(_ sink: any Sink) throws {
    try expect(!sink.name.isEmpty, "the name is empty")
    try expect(sink.name != "bus", "the name belongs to the bus's dead letters")
    try expect(sink.lanes >= 1, "there is no lane")
    try expect(sink.batchSize >= 1, "a batch holds nothing")
  }

  /// Writes as the runtime does: what is refused whole is halved.
  private static func settle(
    _ batch: [JournalEntry], from offset: Int = 0, in sink: any Sink
  ) async throws -> [Refusal] {
    do throws(SinkError) {
      return try await sink.write(batch).map {
        Refusal(index: $0.index + offset, reason: $0.reason)
      }
    } catch {
      guard case .refused(let reason) = error else { throw error }
      guard batch.count > 1 else { return [Refusal(index: offset, reason: reason)] }
      let middle = batch.count / 2
      let left = try await settle(Array(batch[..<middle]), from: offset, in: sink)
      return left + (try await settle(Array(batch[middle...]), from: offset + middle, in: sink))
    }
  }

  private static func expect(_ condition: Bool, _ failure: String) throws {
    guard condition else { throw ConformanceFailure(description: failure) }
  }

  private static func expectStoredOnce(_ ids: [String], _ subject: any SinkSubject) async throws {
    let counts = try await subject.storedCounts(ids)
    let missing = ids.filter { counts[$0] == nil }
    let doubled = counts.filter { $0.value != 1 }
    try expect(
      missing.isEmpty && doubled.isEmpty, "not stored: \(missing), not stored once: \(doubled)")
  }

  private static func expectUnavailable(_ call: () async throws(SinkError) -> Void) async throws {
    do throws(SinkError) {
      try await call()
    } catch {
      if case .unavailable = error { return }
      throw ConformanceFailure(description: "a server that is away was answered with \(error)")
    }
    throw ConformanceFailure(description: "a server that is away was not noticed")
  }
}
