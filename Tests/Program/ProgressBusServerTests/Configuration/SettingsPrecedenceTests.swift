import FoundationEssentials
import ProgressBusTesting
import Testing

@testable import ProgressBusServer

@Suite struct SettingsPrecedenceTests {
  @Test func theCommandLineWinsOverTheEnvironmentThatOverTheFileThatOverTheDefault() async throws {
    let overrides = ["http.port": "1"]
    let environment = ["PROGRESSBUS_HTTP_PORT": "2"]
    let yaml = "http: {port: 3}"
    func port(
      _ overrides: [String: String], _ environment: [String: String], _ yaml: String
    ) async throws -> (Int, String?) {
      let settings = try await ResolvedSettings.sample(
        overrides: overrides, environment: environment, yaml: yaml)
      return (
        settings.integer("http.port"), settings.lines.first { $0.hasPrefix("http.port: ") }
      )
    }
    let all = try await port(overrides, environment, yaml)
    #expect(all.0 == 1)
    #expect(all.1 == "http.port: 1  # --set http.port")
    let two = try await port([:], environment, yaml)
    #expect(two.0 == 2)
    #expect(two.1 == "http.port: 2  # PROGRESSBUS_HTTP_PORT")
    let one = try await port([:], [:], yaml)
    #expect(one.0 == 3)
    #expect(one.1?.hasPrefix("http.port: 3  # http.port in /") == true)
    let none = try await port([:], [:], "")
    #expect(none.0 == 8080)
    #expect(none.1 == "http.port: 8080  # default")
  }

  @Test(arguments: ["", "\n", "\r\n", "\r"], ["", "\u{FEFF}"])
  func aSecretsFileIsTheSecretHoweverItsEditorEndsIt(end: String, mark: String) async throws {
    try await withTemporaryFolder { folder in
      let path = "\(folder)/secret"
      try Data("\(mark) a secret \n of two lines \(end)".utf8).write(to: URL(fileURLWithPath: path))
      let settings = try await ResolvedSettings.sample(environment: [
        "PROGRESSBUS_JWT_SECRET_FILE": path
      ])
      #expect(
        settings.text("jwt.secret").map { Array($0.utf8) }
          == Array(" a secret \n of two lines ".utf8))
    }
  }

  @Test func aVariableThatIsSetToNothingCountsAsNotSetInEachSource() async throws {
    let settings = try await ResolvedSettings.sample(
      overrides: ["http.host": ""],
      environment: [
        "PROGRESSBUS_HTTP_PORT": "", "DATABASE_URL": "", "PROGRESSBUS_HTTP_HOST": "::1",
      ],
      yaml: "http: {port: 9}")
    #expect(settings.integer("http.port") == 9)
    #expect(settings.text("http.host") == "::1")
    #expect(settings.text("database.url") == nil)
  }

  @Test func theNamesThatUsersKnowAreReadUnderThoseNames() async throws {
    let settings = try await ResolvedSettings.sample(environment: [
      "REDIS_URL": "redis://r:1", "DATABASE_URL": "postgresql://p", "INFLUXDB_URL": "http://i",
      "INFLUXDB_TOKEN": "t", "INFLUXDB_ORG": "o", "INFLUXDB_BUCKET": "b",
      "INFLUXDB_DATABASE": "d", "PATH": "/bin", "BQ": "not ours",
    ])
    #expect(settings.text("redis.url") == "redis://r:1")
    #expect(settings.text("database.url") == "postgresql://p")
    #expect(settings.text("influxdb.url") == "http://i")
    #expect(settings.text("influxdb.token") == "t")
    #expect(settings.text("influxdb.org") == "o")
    #expect(settings.text("influxdb.bucket") == "b")
    #expect(settings.text("influxdb.database") == "d")
  }

  @Test func theFileMayBeMissingUnlessSomeoneNamedIt() async throws {
    try await withTemporaryFolder("settings") { folder in
      let missing = "\(folder)/none.yaml"
      let expected = ConfigurationError(missing, "cannot be read")
      #expect(throws: expected) { try SettingsSource(environment: [:], file: missing) }
      #expect(throws: expected) {
        try SettingsSource(environment: ["PROGRESSBUS_CONFIG": missing])
      }
      let named = "\(folder)/named.yaml"
      try "http: {port: 17}".write(toFile: named, atomically: true, encoding: .utf8)
      let settings = try ResolvedSettings(
        SettingsSource(environment: ["PROGRESSBUS_CONFIG": named]))
      #expect(settings.integer("http.port") == 17)
    }
  }
}
