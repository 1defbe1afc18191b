import FoundationEssentials
import Glibc
import ProgressBusTesting
import Testing

@testable import LocalStack

@Suite(.tags(.servers)) struct StateFolderTests {
  @Test func isUsedByOneAtATime() async throws {
    try await withTemporaryFolder { folder in
      let state = try StateFolder("\(folder)/.progressbus")
      let error = #expect(throws: LocalStackError.self) {
        try StateFolder("\(folder)/other/../.progressbus")
      }
      #expect(
        error?.description
          == "another progressbus up uses the state folder \(folder)/.progressbus")
      try state.close()
      try StateFolder("\(folder)/.progressbus").close()
    }
  }

  @Test func postgresLiesInPlaceWhereItsAccountCanReachIt() async throws {
    try await withTemporaryFolder { folder in
      let located = try PostgresFolder(stateFolder: folder).locate(for: stranger)
      #expect(located.path == "\(folder)/postgres")
      #expect(located.notice == nil)
    }
  }

  @Test func postgresLiesElsewhereWhereItsAccountCannotReachIt() async throws {
    try await withTemporaryFolder { folder in
      let state = "\(folder)/closed/state"
      try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
      #expect(chmod("\(folder)/closed", 0o700) == 0)
      #expect(PostgresFolder.obstacle(on: state, for: stranger) == "\(folder)/closed")
      let postgres = PostgresFolder(stateFolder: state, replacementParent: folder)
      let first = try postgres.locate(for: stranger)
      #expect(first.path.hasPrefix("\(folder)/progressbus-\(geteuid())-"))
      #expect(first.notice?.contains("stranger cannot reach \(state)") == true)
      let link = try FileManager.default.destinationOfSymbolicLink(atPath: "\(state)/postgres")
      #expect(link == first.path)
      try #expect(postgres.locate(for: stranger).path == first.path)
    }
  }

  @Test func aReplacementThatOthersCanWriteToIsRefused() async throws {
    try await withTemporaryFolder { folder in
      let state = "\(folder)/closed/state"
      try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
      #expect(chmod("\(folder)/closed", 0o700) == 0)
      let postgres = PostgresFolder(stateFolder: state, replacementParent: folder)
      let planted = try postgres.locate(for: stranger).path.dropLast("/postgres".count)
      #expect(chmod(String(planted), 0o777) == 0)
      try FileManager.default.removeItem(atPath: "\(state)/postgres")
      #expect(throws: LocalStackError.self) { try postgres.locate(for: stranger) }
    }
  }

  private let stranger = SystemAccount(name: "stranger", userID: 64_999, groupID: 64_999)

  @Test func urlsAreWrittenForTheirOwnerAlone() async throws {
    try await withTemporaryFolder { folder in
      let path = "\(folder)/urls.env"
      var urls = ConnectionURLs(redis: "redis://127.0.0.1:1", influxDBDatabase: "progressbus")
      try urls.write(to: path)
      urls.progressBus = "http://127.0.0.1:8080"
      try urls.write(to: path)
      #expect(
        try String(contentsOfFile: path, encoding: .utf8) == """
          REDIS_URL=redis://127.0.0.1:1
          INFLUXDB_DATABASE=progressbus
          PROGRESSBUS_URL=http://127.0.0.1:8080

          """)
      var status = stat()
      #expect(stat(path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
      try #expect(FileManager.default.contentsOfDirectory(atPath: folder) == ["urls.env"])
    }
  }
}
