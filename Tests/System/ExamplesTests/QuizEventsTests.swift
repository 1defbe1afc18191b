import EventBus
import EventKindExample
import Events
import Foundation
import Logging
import PostgresDriver
import PostgresSink
import ProgressBusTesting
import SeededRandom
import Testing

/// The event kind of `Examples/EventKind`, from what a sender writes to the rows of its table.
@Suite struct QuizEventsTests {
  /// Whoever tries CONTRIBUTING's recipe has the kind, and its SQL, in the product as well.
  private static let catalog = EventCatalog(
    EventCatalog.standard.kinds.filter { $0.eventType != "quiz_answered" }
      + EventKindExample.QuizEvents.kinds)
  private static let logger = Logger(label: "examples") { _ in SwiftLogNoOpLogHandler() }

  @Test func aQuestionOutOfRangeIsRefusedByItsName() throws {
    let fault = #expect(throws: EventRejection.self) {
      try Self.normalized(
        #"{"event_type":"quiz_answered","student_id":"s-1","quiz_id":"q1","question":0,"is_correct":true}"#
      )
    }
    #expect(fault?.errors.map(\.pointer) == ["/question"])
    #expect(fault?.errors.map(\.code) == [.outOfRange])
  }

  @Test(.tags(.servers)) func shuffledAndSentTwiceEachAnswerIsOneRow() async throws {
    var entries: [JournalEntry] = []
    for number in 1...50 {
      let payload = try Self.normalized(
        """
        {"event_type":"quiz_answered","student_id":"s-\(number % 5)","quiz_id":"q1",\
        "question":\(number),"is_correct":\(number.isMultiple(of: 2)),"answer":"forty-\(number)"}
        """)
      entries.append(SampleEvents.entry(payload: payload, eventType: "quiz_answered"))
    }
    var random = SeededGenerator(seed: 3)
    let shuffled = (entries + entries).shuffled(using: &random)
    try await withMigratedDatabase { url in
      let sink = PostgresSink(
        PostgresConfiguration(url: url), catalog: Self.catalog, logger: Self.logger)
      for start in stride(from: 0, to: shuffled.count, by: 20) {
        #expect(try await sink.write(Array(shuffled[start..<start + 20])) == [])
      }
      await sink.close()
      let database = try await PostgresConnection.connect(
        PostgresConfiguration(url: url), logger: Self.logger)
      let row = try await database.query(
        """
        select count(*)::text as answers, sum(question)::text as questions,
          (count(*) filter (where is_correct))::text as correct,
          count(distinct student_id)::text as learners, min(course_id) as course,
          max(answer) filter (where question = 42) as answer
        from quiz_answers
        """
      ).rows[0]
      let columns = ["answers", "questions", "correct", "learners", "course", "answer"]
      #expect(
        try columns.map { try row.value($0, as: String.self) }
          == ["50", "1275", "25", "5", "default", "forty-42"])
      await database.close()
    }
  }

  /// What the ingest makes of an event.
  private static func normalized(_ text: String) throws -> String {
    var tape = JSONTape()
    var normalizer = EventNormalizer(catalog: catalog)
    return try Array(text.utf8).withUnsafeBufferPointer { bytes in
      try tape.scan(bytes)
      return try withUnsafeTemporaryAllocation(
        byteCount: CanonicalForm.bound(of: bytes.count), alignment: 1
      ) { memory in
        let event = try normalizer.normalize(
          bytes, tape: tape, at: 0, receivedAt: .now(), into: memory)
        return String(decoding: memory.prefix(event.length), as: UTF8.self)
      }
    }
  }

  /// An empty database with the project's migrations and the example's.
  private func withMigratedDatabase(_ body: @Sendable (String) async throws -> Void) async throws {
    try await withTemporaryFolder("migrations") { folder in
      for source in ["sql", "Examples/EventKind"] {
        let from = ProjectFolder.url.appendingPathComponent(source)
        for name in try FileManager.default.contentsOfDirectory(atPath: from.path)
        where name.hasSuffix(".sql") && !FileManager.default.fileExists(atPath: "\(folder)/\(name)")
        {
          try FileManager.default.copyItem(
            atPath: from.appendingPathComponent(name).path, toPath: "\(folder)/\(name)")
        }
      }
      try await withPostgresDatabase { url in
        try await Migrations.apply(
          directory: folder, to: PostgresConfiguration(url: url), logger: Self.logger)
        try await body(url)
      }
    }
  }
}
