import FoundationEssentials
import ProgressBusTesting
import Testing

@testable import LocalStack

@Suite(.tags(.servers)) struct PostgresServerTests {
  @Test func keepsItsDataOverAStopACrashAndAReusedProcessNumber() async throws {
    try await withPostgres { controller in
      let server = controller.server
      try await server.run("CREATE TABLE learner AS SELECT 'ada' AS name")
      await controller.stop()
      try await controller.start()
      try await #expect(server.run("TABLE learner") == "ada")

      await controller.kill()
      try await controller.start()
      try await #expect(server.run("TABLE learner") == "ada")

      await controller.kill()
      // After a reboot the number in postmaster.pid may belong to anything.
      let path = "\(server.folder)/data/postmaster.pid"
      let pid = try String(contentsOfFile: path, encoding: .utf8)
      let rest = pid.drop { !$0.isNewline }
      try "\(ProcessInfo.processInfo.processIdentifier)\(rest)"
        .write(toFile: path, atomically: true, encoding: .utf8)
      try await controller.start()
      try await #expect(server.run("TABLE learner") == "ada")
    }
  }

  @Test func asksForThePassword() async throws {
    try await withPostgres { controller in
      let psql = try ProgramLocator.find("psql", package: "postgresql-client")
      let target = "host=127.0.0.1 port=\(controller.port) user=progressbus dbname=progressbus"
      let error = await #expect(throws: LocalStackError.self) {
        try await ProgramRun.run(
          psql, ["-X", "-w", "-d", target, "-c", "SELECT 1"],
          environment: ["PGPASSFILE": "/dev/null"])
      }
      #expect(error?.description.contains("no password supplied") == true)
      let answer = try await ProgramRun.run(psql, ["-XAt", "-d", controller.url, "-c", "SELECT 1"])
      #expect(answer == "1\n")
    }
  }

  @Test func isUTF8() async throws {
    try await withPostgres { controller in
      try await #expect(controller.server.run("SHOW server_encoding") == "UTF8")
    }
  }

  @Test func databasesOfTestsAreEmptyAndApart() async throws {
    try await withPostgresDatabase { first in
      try await withPostgresDatabase { second in
        #expect(first != second)
        let psql = try ProgramLocator.find("psql", package: "postgresql-client")
        try await ProgramRun.run(psql, ["-X", "-d", first, "-c", "CREATE TABLE only_here ()"])
        let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        try await #expect(ProgramRun.run(psql, ["-XAt", "-d", first, "-c", tables]) == "1\n")
        try await #expect(ProgramRun.run(psql, ["-XAt", "-d", second, "-c", tables]) == "0\n")
      }
    }
  }
}
