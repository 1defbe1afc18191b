import CurlTransport
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// PostgreSQL through a pgbouncer in transaction mode.
  @Suite struct PoolerTests {
    @Test func allRolesShareFewSessions() async throws {
      try await withDeployment { deployment in
        try await withPgBouncer(to: deployment.postgres.url, sessions: 3) { pooled in
          let settings = ["database.url=\(pooled)", "database.pooler=transaction"]
          let processes = [
            try await deployment.serve("ingest,worker,dashboard", settings: settings),
            try await deployment.serve("ingest,worker,dashboard", settings: settings),
          ]
          let senders = processes.map { EventSender(to: $0) }
          for _ in 0..<5 {
            for (sender, process) in zip(senders, processes) {
              try await sender.postAll(NotebookEvent.classroom(100).batches(of: 20))
              for path in [
                "courses", "courses/py101/progress", "courses/py101/students", "students/s-1",
              ] {
                let answer = try await HTTP.shared.get("\(process.url)/api/v1/\(path)")
                #expect([200, 404].contains(answer.status), "\(path): \(answer.status)")
              }
            }
          }
          try await deployment.expectStored(senders.flatMap(\.accepted))
          for process in processes {
            let students = try await HTTP.shared.get("\(process.url)/api/v1/courses/py101/students")
            #expect(students.status == 200)
          }
          let sessions = try await deployment.sql(
            """
            select count(*) as n from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()
            """)
          let number: Int = try #require(sessions.first).value("n")
          #expect((1...3).contains(number))
          // Through the pooler a session's time zone or read-only mode would be somebody else's next.
          let log = try deployment.logs
          #expect(!log.contains("PostgreSQL 2") && !log.contains("PostgreSQL 4"), "\(log)")
        }
      }
    }

    @Test func migrationsGoAroundThePooler() async throws {
      try await withPooledDatabase { pooled, direct in
        try await withTemporaryFolder { folder in
          var environment = ["DATABASE_URL": pooled, "DATABASE_POOLER": "transaction"]
          let refused = try await ProgressBusCommand.run(
            ["migrate"], environment: environment, folder: folder)
          #expect(refused.status != 0)
          #expect(refused.errors.contains("DATABASE_MIGRATION_URL: is not set"), "\(refused)")
          environment["DATABASE_MIGRATION_URL"] = direct
          let applied = try await ProgressBusCommand.run(
            ["migrate"], environment: environment, folder: folder)
          #expect(applied.status == 0, "\(applied)")
          #expect(applied.output.contains("applied "))
        }
      }
    }
  }
}
