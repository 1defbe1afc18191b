import EventBus
import Events
import Foundation
import Logging
import NIOCore
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import TeacherMessages

private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A board on a migrated database, stored into as a worker does.
private struct BoardUnderTest: Sendable {
  let board: MessageBoard
  let database: PostgresConnection
  let configuration: PostgresConfiguration

  func store(_ function: String, _ events: [[String: any Sendable]]) async throws {
    let whole = events.map {
      $0.merging([
        "occurred_at": "2026-11-28T10:00:00Z", "received_at": "\(Timestamp.now())",
        "course_id": "py",
      ]) { own, _ in own }
    }
    let json = try JSONSerialization.data(withJSONObject: whole)
    try await database.query(
      "select \(function)($1)", [.json(JSONDocument(String(decoding: json, as: UTF8.self)))])
  }

  /// - Returns: the message's id.
  @discardableResult
  func send(
    to recipient: String, _ text: String, _ more: [String: any Sendable] = [:]
  ) async throws -> String {
    let id = UUID().uuidString.lowercased()
    let message: [String: any Sendable] = [
      "event_id": id, "recipient": recipient, "teacher": "Ms Ito", "text": text,
    ]
    try await store("store_messages", [message.merging(more) { _, more in more }])
    return id
  }

  func asked(
    _ learner: String, after position: Int64 = 0, waiting: Duration = .zero
  ) async throws -> [Message] {
    try await board.messages(for: learner, in: "py", after: position, waiting: waiting)
  }
}

private func withBoard(
  patience: Duration = .seconds(30), mostCourses: Int = MessageBoard.mostCourses,
  _ body: @escaping @Sendable (BoardUnderTest) async throws -> Void
) async throws {
  try await withPostgresDatabase { url in
    let configuration = PostgresConfiguration(url: url)
    try await Migrations.apply(
      directory: ProjectFolder.url.appendingPathComponent("sql").path, to: configuration,
      logger: logger)
    let board = MessageBoard(
      store: MessageStore(configuration, logger: logger), logger: logger, patience: patience,
      mostCourses: mostCourses)
    let subject = BoardUnderTest(
      board: board,
      database: try await PostgresConnection.connect(configuration, logger: logger),
      configuration: configuration)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await board.run() }
      try await body(subject)
      group.cancelAll()
    }
    await subject.database.close()
  }
}

@Suite(.tags(.servers), .timeLimit(.minutes(5))) struct MessageBoardTests {
  @Test func whoWaitsIsAnsweredOnceTheMessageIsStored() async throws {
    try await withBoard { subject in
      subject.board.subscriptionChanged(stands: true)
      #expect(try await subject.asked("ann").isEmpty)
      async let ann = subject.asked("ann", waiting: .seconds(120))
      async let bob = subject.asked("bob", waiting: .seconds(120))
      try await eventually("both wait") { await subject.board.waiting == 2 }
      // Heard before it is stored, as on a busy day.
      let id = UUID().uuidString.lowercased()
      subject.board.heard(id, in: "py")
      try await subject.send(to: "learner", "look", ["student_id": "ann", "event_id": id])
      #expect(try await ann.map(\.text) == ["look"])
      // Bob's wait goes on: it was not for him.
      #expect(await subject.board.waiting == 1)
      let forAll = try await subject.send(to: "class", "all")
      subject.board.heard(forAll, in: "py")
      #expect(try await bob.map(\.text) == ["all"])
    }
  }

  @Test func aMessageThatNobodyHeardOfIsFoundAllTheSame() async throws {
    try await withBoard { subject in
      // Redis is away: the subscription does not stand.
      async let ann = subject.asked("ann", waiting: .seconds(120))
      try await eventually("she waits") { await subject.board.waiting == 1 }
      try await subject.send(to: "class", "all")
      #expect(try await ann.map(\.text) == ["all"])
    }
  }

  @Test func nobodyIsAskedForANewMessageTwice() async throws {
    try await withBoard { subject in
      try await subject.send(to: "class", "one")
      try await subject.store(
        "store_notebook_events",
        [
          [
            "event_id": UUID().uuidString, "event_type": "help", "student_id": "ann",
            "team": "red", "notebook_path": "n",
          ]
        ])
      try await subject.send(to: "team", "two", ["team": "red"])
      try await subject.send(to: "team", "three", ["team": "blue"])
      let old = ["received_at": "2020-01-01T00:00:00Z"]
      try await subject.send(to: "class", "of another lesson", old)
      let found = try await subject.asked("ann")
      #expect(found.map(\.text) == ["one", "two"])
      #expect(try await subject.asked("ann", after: found[0].position).map(\.text) == ["two"])
      #expect(try await subject.asked("ann", after: found[1].position).isEmpty)
    }
  }

  @Test func waitsEndAtTheirTimeAndWhenTheProcessEnds() async throws {
    try await withBoard { subject in
      let found = try await subject.asked("ann", waiting: .milliseconds(300))
      #expect(found.isEmpty)
      #expect(await subject.board.waiting == 0)
    }
    try await withPostgresDatabase { url in
      let configuration = PostgresConfiguration(url: url)
      try await Migrations.apply(
        directory: ProjectFolder.url.appendingPathComponent("sql").path, to: configuration,
        logger: logger)
      let board = MessageBoard(
        store: MessageStore(configuration, logger: logger), logger: logger)
      let running = Task { try await board.run() }
      async let ann = board.messages(for: "ann", in: "py", after: 0, waiting: .seconds(3600))
      try await eventually("she waits") { await board.waiting == 1 }
      running.cancel()
      #expect(try await ann.isEmpty)
      try await running.value
    }
  }

  @Test func aLearnersNewestWaitsHaveThePlaces() async throws {
    try await withBoard { subject in
      // Its connection is closed, which nobody tells the board.
      let first = Task { try await subject.asked("ann", waiting: .seconds(3600)) }
      try await eventually("it waits") { await subject.board.waiting == 1 }
      try await withThrowingTaskGroup(of: [String].self) { group in
        for _ in 0..<MessageBoard.capacityOfLearner {
          group.addTask {
            try await subject.asked("ann", waiting: .seconds(3600)).map(\.text)
          }
        }
        let given = try await first.value
        #expect(given.isEmpty)
        try await eventually("all others wait") {
          await subject.board.waiting == MessageBoard.capacityOfLearner
        }
        let id = try await subject.send(to: "class", "go on")
        subject.board.heard(id, in: "py")
        for try await texts in group { #expect(texts == ["go on"]) }
      }
    }
  }

  @Test func aMessageThatNeverComesIsGivenUp() async throws {
    try await withBoard(patience: .seconds(4)) { subject in
      subject.board.subscriptionChanged(stands: true)
      async let ann = subject.asked("ann", waiting: .seconds(3600))
      try await eventually("she waits") { await subject.board.waiting == 1 }
      subject.board.heard(UUID().uuidString.lowercased(), in: "py")
      try await eventually("it is looked for") { await subject.board.awaited == 1 }
      try await eventually("it is given up") { await subject.board.awaited == 0 }
      // Ever more seldom: four times a second would be sixteen.
      #expect(await subject.board.reads < 16)
      let id = try await subject.send(to: "class", "go on")
      subject.board.heard(id, in: "py")
      #expect(try await ann.map(\.text) == ["go on"])
    }
  }

  @Test func inventedCoursesAreInNobodysWay() async throws {
    try await withBoard(mostCourses: 20) { subject in
      async let ann = subject.asked("ann", waiting: .seconds(3600))
      try await eventually("she waits") { await subject.board.waiting == 1 }
      for number in 0..<60 {
        let found = try await subject.board.messages(
          for: "eve", in: "invented-\(number)", after: 0, waiting: .zero)
        #expect(found.isEmpty)
      }
      let id = try await subject.send(to: "class", "go on")
      subject.board.heard(id, in: "py")
      #expect(try await ann.map(\.text) == ["go on"])
    }
  }

  @Test func whoAsksFromTheBeginningGetsWhatBecameTheirs() async throws {
    try await withBoard { subject in
      subject.board.subscriptionChanged(stands: true)
      try await subject.send(to: "team", "for the reds", ["team": "red"])
      try await subject.send(to: "class", "for all")
      #expect(try await subject.asked("ann").map(\.text) == ["for all"])
      // Her first event tells her team after the hint was sent.
      try await subject.store(
        "store_notebook_events",
        [
          [
            "event_id": UUID().uuidString, "event_type": "help", "student_id": "ann",
            "team": "red", "notebook_path": "n",
          ]
        ])
      try await eventually("she gets both") {
        try await subject.asked("ann").map(\.text) == ["for the reds", "for all"]
      }
    }
  }

  @Test func positionsOfADatabaseThatWasRestoredAreNone() async throws {
    try await withBoard { subject in
      try await subject.send(to: "class", "after the restore")
      #expect(try await subject.asked("ann", after: 1_000_000).map(\.text) == ["after the restore"])
      #expect(try await subject.asked("bob", after: 1_000_000, waiting: .zero).count == 1)
      #expect(await subject.board.known(1_000_000, in: "py") == 0)
    }
  }

  @Test func manyMessagesToOthersLeaveALearnersOwn() async throws {
    try await withBoard { subject in
      try await subject.send(to: "learner", "for ann", ["student_id": "ann"])
      let others = (0..<600).map { number in
        [
          "event_id": UUID().uuidString.lowercased(), "recipient": "learner", "teacher": "Ms Ito",
          "text": "x", "student_id": "s-\(number)",
        ] as [String: any Sendable]
      }
      try await subject.store("store_messages", others)
      #expect(try await subject.asked("ann").map(\.text) == ["for ann"])
    }
  }

  @Test func whoTookAHandFirstHasIt() async throws {
    try await withBoard { subject in
      let store = MessageStore(subject.configuration, logger: logger)
      func raise(_ type: String, at moment: String) async throws {
        try await subject.store(
          "store_notebook_events",
          [
            [
              "event_id": UUID().uuidString, "event_type": type, "student_id": "ann",
              "notebook_path": "n", "occurred_at": moment,
            ]
          ])
      }
      func take(_ teacher: String, at moment: String, asked: String) async throws {
        try await subject.store(
          "store_taken_hands",
          [
            [
              "event_id": UUID().uuidString, "student_id": "ann", "teacher": teacher,
              "asked_at": asked, "occurred_at": moment,
            ]
          ])
      }
      #expect(try await store.hands(of: "py").isEmpty)
      try await raise("help", at: "2026-11-28T10:00:00Z")
      #expect(try await store.hands(of: "py").map(\.teacher) == [nil])
      try await take("Second", at: "2026-11-28T10:01:02Z", asked: "2026-11-28T10:00:00Z")
      try await take("First", at: "2026-11-28T10:01:01Z", asked: "2026-11-28T10:00:00Z")
      #expect(try await store.hands(of: "py", learner: "ann").map(\.teacher) == ["First"])
      #expect(try await store.hands(of: "py", learner: "bob").isEmpty)
      // Up again: another hand.
      try await raise("help_stop", at: "2026-11-28T10:02:00Z")
      #expect(try await store.hands(of: "py").isEmpty)
      try await raise("help", at: "2026-11-28T10:03:00Z")
      #expect(try await store.hands(of: "py").map(\.teacher) == [nil])
      await store.close()
    }
  }

  @Test func whatIsOldIsDeleted() async throws {
    try await withBoard { subject in
      let old = ["received_at": "2020-01-01T00:00:00Z"]
      try await subject.send(to: "class", "of another year", old)
      let id = try await subject.send(to: "class", "of today")
      for more in [old, [:]] {
        let receipt: [String: any Sendable] = [
          "event_id": UUID().uuidString, "student_id": "ann", "message_id": id,
        ]
        try await subject.store("store_message_receipts", [receipt.merging(more) { $1 }])
        let taken: [String: any Sendable] = [
          "event_id": UUID().uuidString, "student_id": "ann", "teacher": "Ito",
          "asked_at": "2026-11-28T10:00:00Z",
        ]
        try await subject.store("store_taken_hands", [taken.merging(more) { $1 }])
      }
      let pool = PostgresPool(subject.configuration, size: 1, logger: logger)
      let retention = MessageRetention(pool: pool, days: 365, logger: logger)
      #expect(try await retention.deleteExpired() == 3)
      #expect(try await retention.deleteExpired() == 0)
      #expect(try await subject.asked("ann").map(\.text) == ["of today"])
      await pool.close()
    }
  }

  @Test func aMessageIsCountedOnceForEachLearnerWhoWasShownIt() async throws {
    try await withBoard { subject in
      let store = MessageStore(subject.configuration, logger: logger)
      let id = try await subject.send(to: "class", "all")
      for learner in ["ann", "ann", "bob"] {
        let receipt = [
          "event_id": UUID().uuidString, "student_id": learner, "message_id": id,
        ]
        try await subject.store("store_message_receipts", [receipt, receipt])
      }
      let messages = try await store.sentMessages(of: "py", limit: 10)
      #expect(messages.map(\.shown) == [2])
      #expect(messages.map(\.shownAt) == ["2026-11-28T10:00:00.000000Z"])
      // Who was not meant was shown nothing, whatever is sent.
      let hers = try await subject.send(to: "learner", "x", ["student_id": "ann"])
      let reds = try await subject.send(to: "team", "x", ["team": "red"])
      for (message, course) in [(hers, "py"), (reds, "py"), (id, "other")] {
        try await subject.store(
          "store_message_receipts",
          [
            [
              "event_id": UUID().uuidString, "student_id": "eve", "message_id": message,
              "course_id": course,
            ]
          ])
      }
      #expect(try await store.sentMessages(of: "py", limit: 10).map(\.shown) == [0, 0, 2])
      #expect(try await store.sentMessages(of: "other", limit: 10).isEmpty)
      await store.close()
    }
  }
}
