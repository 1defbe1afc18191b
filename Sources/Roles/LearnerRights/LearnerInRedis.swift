import EventBus
import Events
import Foundation
import NIOCore

/// A learner's events in Redis: in the journal, and among the dead letters.
struct LearnerInRedis: Sendable {
  private static let pageEntries = 500
  private static let pageBytes = 4 << 20

  let bus: RedisEventBus
  let catalog: EventCatalog

  /// Gives each entry of the journal that names the learner to `body`.
  func forEachEntry(
    of learner: LearnerID, _ body: (JournalEntry) async throws -> Void
  ) async throws {
    var reader = LearnerReader(catalog: catalog)
    var position = StreamID.zero
    while true {
      let page = try await bus.journal.entries(
        after: position, limit: Self.pageEntries, bytes: Self.pageBytes)
      guard let last = page.last else { return }
      for entry in page {
        let learners = entry.payload.withUnsafeReadableBytes {
          reader.learners(in: $0, eventType: entry.eventType)
        }
        if learners?.contains(learner.composed) == true { try await body(entry) }
      }
      position = last.id
    }
  }

  /// Gives each dead letter that names the learner to `body`. A hand-published message that is no valid event is
  /// the learner's when it names the learner or, where nobody can tell whom it names, holds the id.
  func forEachDeadLetter(
    of learner: LearnerID, _ body: (StoredDeadLetter) async throws -> Void
  ) async throws {
    var reader = LearnerReader(catalog: catalog)
    var position = StreamID.zero
    while true {
      let page = try await bus.deadLetters.deadLetters(after: position, limit: 100)
      guard let last = page.last else { return }
      for letter in page {
        let event = letter.deadLetter
        let learners = event.payload.withUnsafeReadableBytes {
          reader.learners(in: $0, eventType: event.eventType.isEmpty ? nil : event.eventType)
        }
        let isTheirs: Bool
        if let learners, !learners.isEmpty {
          isTheirs = learners.contains(learner.composed)
        } else {
          isTheirs = event.eventType.isEmpty && learner.isSpelt(in: event.payload)
        }
        if isTheirs { try await body(letter) }
      }
      position = last.id
    }
  }
}
