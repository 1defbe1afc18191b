import Foundation
import PostgresDriver
import ProgressBusTesting
import Testing

@Suite(.tags(.servers)) struct MigrationsTests {
  @Test func filesAreAppliedOnceInOrder() async throws {
    try await withMigrations { folder, url in
      try folder.write("0001_first.sql", "create table a (x int); insert into a values (1);")
      try folder.write("0002_second.sql", "alter table a add y text default 'ü;'; select 1;")
      try folder.write("notes.txt", "not SQL")
      #expect(try await folder.apply(to: url) == ["0001_first.sql", "0002_second.sql"])
      #expect(try await folder.apply(to: url) == [])
      try folder.write("0003_third.sql", "drop table a")
      #expect(try await folder.apply(to: url) == ["0003_third.sql"])
      let connection = try await connect(url)
      let names = try await connection.query(
        "select string_agg(name, ' ' order by version) as names from schema_migrations")
      #expect(try names.first?.value("names") == "first second third")
      await connection.close()
    }
  }

  @Test func manyAtOnceApplyEachFileOnce() async throws {
    try await withMigrations { folder, url in
      try folder.write("0001_first.sql", "create table a (x int); select pg_sleep(0.1)")
      try folder.write("0002_second.sql", "insert into a values (1)")
      let applied = try await withThrowingTaskGroup(of: [String].self) { group in
        for _ in 0..<6 { group.addTask { try await folder.apply(to: url) } }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(applied.sorted() == ["0001_first.sql", "0002_second.sql"])
    }
  }

  @Test func aFailingFileLeavesNothingAndIsNamedWithItsLine() async throws {
    try await withMigrations { folder, url in
      try folder.write("0001_first.sql", "create table a (x int)")
      try folder.write("0002_bad.sql", "create table b (x int);\n\nselect nonsense from b;\n")
      let error = await #expect(throws: MigrationError.self) { try await folder.apply(to: url) }
      #expect(error?.description.hasPrefix("migration 0002_bad.sql, line 3 failed: ") == true)
      let connection = try await connect(url)
      let tables = try await connection.query(
        "select string_agg(tablename, ' ') as t from pg_tables where schemaname = 'public'")
      #expect(try tables.first?.value("t", as: String.self).contains("b") == false)
      await connection.close()
      // Mended, it goes on from there.
      try folder.write("0002_bad.sql", "create table b (x int)")
      #expect(try await folder.apply(to: url) == ["0002_bad.sql"])
    }
  }

  @Test func whatDoesNotFitIsNamed() async throws {
    try await withMigrations { folder, url in
      await #expect(throws: MigrationError.self) { try await folder.apply(to: url) }
      try folder.write("0001_first.sql", "select 1")
      try folder.write("0002_second.sql", "select 1")
      try await folder.apply(to: url)

      try folder.write("0001_first.sql", "select 2")
      await #expect(throws: MigrationError.changed(fileName: "0001_first.sql")) {
        try await folder.apply(to: url)
      }
      try folder.write("0001_first.sql", "select 1")

      try folder.remove("0002_second.sql")
      await #expect(throws: MigrationError.databaseIsNewer(version: 2, name: "second")) {
        try await folder.apply(to: url)
      }
      try folder.write("0002_second.sql", "select 1")
      try folder.write("0005_fifth.sql", "select 1")
      try await folder.apply(to: url)
      try folder.write("0004_fourth.sql", "select 1")
      await #expect(throws: MigrationError.outOfOrder(fileName: "0004_fourth.sql", applied: 5)) {
        try await folder.apply(to: url)
      }
      try folder.remove("0004_fourth.sql")
      try folder.write("0001_again.sql", "select 1")
      await #expect(
        throws: MigrationError.duplicate(fileName: "0001_first.sql", other: "0001_again.sql")
      ) { try await folder.apply(to: url) }
      try folder.remove("0001_again.sql")
      try folder.write("2_second.sql", "select 1")
      await #expect(throws: MigrationError.malformedName(fileName: "2_second.sql")) {
        try await folder.apply(to: url)
      }
    }
  }

  @Test func aFileMayNotEndItsTransaction() async throws {
    try await withMigrations { folder, url in
      try folder.write("0001_commits.sql", "create table a (x int); commit;")
      await #expect(throws: MigrationError.endsTransaction(fileName: "0001_commits.sql")) {
        try await folder.apply(to: url)
      }
    }
  }
}

private struct MigrationFiles: Sendable {
  let path: String

  func write(_ name: String, _ sql: String) throws {
    try sql.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/\(name)")
  }

  @discardableResult
  func apply(to url: String) async throws -> [String] {
    try await Migrations.apply(
      directory: path, to: PostgresConfiguration(url: url), logger: testLogger
    ).map(\.fileName)
  }
}

private func withMigrations(
  _ body: @Sendable (MigrationFiles, String) async throws -> Void
) async throws {
  try await withTemporaryFolder("migrations") { folder in
    try await withPostgresDatabase { url in try await body(MigrationFiles(path: folder), url) }
  }
}
