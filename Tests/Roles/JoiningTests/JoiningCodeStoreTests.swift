import Foundation
import Logging
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import Joining

private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

@Suite(.tags(.servers), .timeLimit(.minutes(5))) struct JoiningCodeStoreTests {
  private static func withStore(
    _ body: @escaping @Sendable (JoiningCodeStore, PostgresConnection) async throws -> Void
  ) async throws {
    try await withPostgresDatabase { url in
      let configuration = PostgresConfiguration(url: url)
      try await Migrations.apply(
        directory: ProjectFolder.url.appendingPathComponent("sql").path, to: configuration,
        logger: logger)
      let database = try await PostgresConnection.connect(configuration, logger: logger)
      try await body(JoiningCodeStore(configuration, logger: logger), database)
      await database.close()
    }
  }

  @Test func aCourseHasOneCodeUntilItEnds() async throws {
    try await Self.withStore { store, database in
      #expect(try await store.code(of: "py") == nil)
      let first = try await store.open("py", minutes: 5)
      #expect(first.course == "py")
      #expect((290...300).contains(first.secondsLeft))
      #expect(try await store.code(of: "py")?.code == first.code)
      let second = try await store.open("py", minutes: 90)
      #expect(try await store.find(first.code) == nil)
      #expect(try await store.find(second.code)?.course == "py")
      #expect(try await store.code(of: "Py") == nil)
      try await database.query("update joining_codes set ends_at = now()")
      #expect(try await store.find(second.code) == nil)
      #expect(try await store.code(of: "py") == nil)
      #expect(try await !store.end("py"))
    }
  }

  @Test func aCodeThatAnotherCourseHasIsNotGivenAgain() async throws {
    try await Self.withStore { store, database in
      let taken = try await store.open("py", minutes: 5)
      var drawn = [taken.code, taken.code, try #require(JoiningCode("soup-river-42"))]
      let other = try await store.open("java", minutes: 5) { drawn.removeFirst() }
      #expect(other.code.description == "soup-river-42")
      #expect(try await store.find(taken.code)?.course == "py")
      // One that has ended is free.
      try await database.query("update joining_codes set ends_at = now() where course_id = 'py'")
      let again = try await store.open("sql", minutes: 5) { taken.code }
      #expect(again.code == taken.code)
      #expect(try await store.end("sql"))
      #expect(try await store.find(taken.code) == nil)
    }
  }
}
