import Testing

@testable import ProgressBusServer

@Suite struct SettingsValueTests {
  @Test(arguments: [
    ("PROGRESSBUS_HTTP_PORT", "http", "must be a whole number from 0 to 65535"),
    ("PROGRESSBUS_HTTP_PORT", "65536", "must be a whole number from 0 to 65535"),
    ("PROGRESSBUS_HTTP_PORT", "8080.0", "must be a whole number from 0 to 65535"),
    ("PROGRESSBUS_HTTP_PORT", " 8080", "must be a whole number from 0 to 65535"),
    ("PROGRESSBUS_INGEST_KEEP_WORK", "maybe", "must be true or false"),
    ("PROGRESSBUS_LOG_FORMAT", "xml", "must be one of text, json"),
    (
      "PROGRESSBUS_ROLES", "ingest,cook",
      "holds cook; it may hold ingest, worker, dashboard, firestore-source"
    ),
    ("PROGRESSBUS_ROLES", " , ", "must not be empty"),
  ]) func aMalformedValueIsRefusedWithTheSettingsNameAndWhatItMayBe(
    _ variable: String, _ value: String, _ reason: String
  ) async throws {
    let refusal = try await ResolvedSettings.refusal(environment: [variable: value])
    #expect(refusal == ConfigurationError(variable, reason))
    #expect("\(try #require(refusal))" == "\(variable): \(reason)")
  }

  @Test func aMalformedOverrideAndAMalformedLineOfAFileAreNamedAsTheUserWroteThem() async throws {
    let override = try await ResolvedSettings.refusal(overrides: ["shutdown.seconds": "0"])
    #expect(override?.name == "--set shutdown.seconds")
    let file = try await ResolvedSettings.refusal(yaml: "shutdown:\n  seconds: soon")
    #expect(file?.name == "shutdown.seconds in FILE")
  }

  @Test(arguments: ["PROGRESSBUS_HTTP_PROT", "BQ_SYNC_ENABELD"]) func anUnknownNameStopsTheStart(
    _ name: String
  ) async throws {
    let refusal = try await ResolvedSettings.refusal(environment: [name: "1"])
    #expect(refusal == ConfigurationError(name, "is no setting"))
  }

  @Test func anUnknownOverrideStopsTheStart() async throws {
    let refusal = try await ResolvedSettings.refusal(overrides: ["http.prot": "1"])
    #expect(refusal == ConfigurationError("http.prot", "is no setting"))
  }

  /// Any URL may hold what lets somebody in.
  @Test(arguments: [
    ("https://u:hunter2@h:1/k?key=hunter2", "https://…@h:1/k?…"),
    ("https://hunter2@h/#hunter2", "https://…@h/#…"), ("http://h/a@b", "http://h/a@b"),
    ("https://u:hunt@er2@h", "https://…@h"), ("/etc/keys.json", "/etc/keys.json"),
  ]) func aURLIsShownWithoutWhatLetsSomebodyIn(_ url: String, _ shown: String) async throws {
    let settings = try await ResolvedSettings.sample(environment: ["PROGRESSBUS_JWT_JWKS": url])
    #expect(settings.lines.contains("jwt.jwks: \(shown)  # PROGRESSBUS_JWT_JWKS"))
  }

  @Test func variablesOfTheNotebookClientAreLeftAlone() async throws {
    #expect(
      try await ResolvedSettings.refusal(environment: [
        "PROGRESSBUS_URL": "http://x", "PROGRESSBUS_STUDENT": "s-1",
      ]) == nil)
  }

  @Test(arguments: ["ingest, worker", " ingest ,,worker,"]) func wordsOfAListAreTrimmed(
    _ text: String
  ) async throws {
    let settings = try await ResolvedSettings.sample(environment: ["PROGRESSBUS_ROLES": text])
    #expect(settings.list("roles") == ["ingest", "worker"])
  }

  @Test(arguments: [("true", true), ("YES", true), ("on", true), ("1", true), ("False", false)])
  func booleansAsPeopleWriteThem(_ text: String, _ value: Bool) async throws {
    let settings = try await ResolvedSettings.sample(
      environment: ["PROGRESSBUS_INGEST_KEEP_WORK": text])
    #expect(settings.boolean("ingest.keep_work") == value)
  }

  @Test func everySettingHasANameOfItsOwnAndEveryDefaultIsAValueThatItMayHave() async throws {
    #expect(Set(Settings.all.map(\.key)).count == Settings.all.count)
    #expect(Set(Settings.all.map(\.variable)).count == Settings.all.count)
    let settings = try await ResolvedSettings.sample()
    #expect(settings.lines.count == Settings.all.count)
  }

  @Test func whatIsSecretIsNeverPrintedWhateverSourceItIsFrom() async throws {
    let secrets = Settings.all.filter(\.isSecret)
    #expect(
      Set(secrets.map(\.key)).isSuperset(of: [
        "redis.url", "database.url", "influxdb.password", "influxdb.token",
      ]))
    for setting in secrets {
      for settings in [
        try await ResolvedSettings.sample(overrides: [setting.key: "hunter2"]),
        try await ResolvedSettings.sample(environment: [setting.variable: "hunter2"]),
        try await ResolvedSettings.sample(
          yaml: setting.key.replacing(".", with: ": {") + ": hunter2}"),
      ] {
        #expect(settings.text(setting.key) == "hunter2")
        #expect(!settings.lines.joined().contains("hunter2"))
        #expect(settings.lines.contains { $0.hasPrefix("\(setting.key): (secret)  # ") })
      }
    }
    #expect(try await ResolvedSettings.sample().lines.contains("database.url: (not set)"))
  }
}
