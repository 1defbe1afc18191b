import Testing

@testable import ProgressBusServer

@Suite struct SettingsFileTests {
  private func texts(_ yaml: String) throws -> [String: String] {
    try SettingsFile(parsing: yaml, path: "FILE").texts
  }

  private func refusal(_ yaml: String) -> ConfigurationError? {
    #expect(throws: ConfigurationError.self) { try texts(yaml) }
  }

  @Test func sectionsValuesOfEveryTypeAndBothFormsOfLists() throws {
    let yaml = """
      # comment
      roles: [ingest, worker]
      http:
        host: "127.0.0.1"
        port: 9000
      ingest:
        keep_work: true
        allowed_origins:
          - https://a.example
          - 'https://b.example'
      """
    #expect(
      try texts(yaml) == [
        "roles": "ingest,worker", "http.host": "127.0.0.1", "http.port": "9000",
        "ingest.keep_work": "true",
        "ingest.allowed_origins": "https://a.example,https://b.example",
      ])
  }

  @Test(arguments: ["007", "1e5", "0x10", "yes", "2026-11-21"]) func aTextStaysAsItIsWritten(
    _ password: String
  ) throws {
    #expect(try texts("influxdb: {password: \(password)}") == ["influxdb.password": password])
  }

  @Test(arguments: ["", "# all\n", "~", "http:\n", "http: {port: }"]) func nothingIsSetByNothing(
    _ yaml: String
  ) throws {
    #expect(try texts(yaml).isEmpty)
  }

  @Test func aQuotedNullIsAText() throws {
    #expect(try texts(#"influxdb: {password: "null"}"#) == ["influxdb.password": "null"])
  }

  @Test(arguments: [
    ("http: {port: {number: 1}}", "http.port in FILE", "must be a single value"),
    ("http: {port: [1]}", "http.port in FILE", "must be a single value"),
    ("http: {port: {}}", "http.port in FILE", "must be a single value"),
    ("roles: {ingest: true}", "roles in FILE", "must be a list of words"),
    ("roles: [[ingest]]", "roles in FILE", "must be a list of words"),
    ("roles: [{ingest: true}]", "roles in FILE", "must be a list of words"),
    ("roles: ['ingest,worker']", "roles in FILE", "must be a list of words"),
    ("roles: []", "roles in FILE", "must not be empty"),
    ("http: 8080", "http in FILE", "must be a mapping of settings"),
    ("http: [port]", "http in FILE", "must be a mapping of settings"),
    ("- http", "FILE", "must be a mapping of settings"),
    ("http", "FILE", "must be a mapping of settings"),
    ("[1]: 2", "FILE", "holds a key that is no text"),
  ]) func aValueOfTheWrongShapeIsRefusedByItsKey(_ yaml: String, _ name: String, _ reason: String) {
    #expect(refusal(yaml) == ConfigurationError(name, reason))
  }

  @Test(arguments: [
    ("prot: 1", "prot in FILE"), ("http: {prot: 1}", "http.prot in FILE"),
    ("http: {tls: {port: 1}}", "http.tls in FILE"), ("8080: 1", "8080 in FILE"),
    ("HTTP: {port: 1}", "HTTP in FILE"),
  ]) func anUnknownKeyIsRefusedByItsWholePath(_ yaml: String, _ name: String) {
    #expect(refusal(yaml) == ConfigurationError(name, "is no setting"))
  }

  @Test func aSettingMayBeWrittenWithDotsButNotTwice() throws {
    #expect(try texts("http.port: 1") == ["http.port": "1"])
    #expect(
      refusal("http: {port: 1}\nhttp.port: 2")
        == ConfigurationError("http.port in FILE", "is set twice"))
  }

  @Test(arguments: [
    "http:\n  port: 1\ninfluxdb:\n  password: \"hunter2\n", "influxdb: {password: hunter2",
    "influxdb:\n  password: hunter2\n bad: 1\n", "influxdb: {token: hunter2, token: hunter2}",
    "http: {host: hunter2}\nhttp: {host: hunter2}", "influxdb: {password: @hunter2}",
  ]) func whatIsNoYAMLIsRefusedWithItsLineAndWithoutTheLinesText(_ yaml: String) throws {
    let error = try #require(refusal(yaml))
    #expect(error.name == "FILE")
    #expect(error.reason.hasPrefix("is no YAML: "))
    #expect(error.reason.contains(", line "))
    #expect(!error.reason.contains("hunter2"))
    #expect(!error.reason.contains("\n"))
  }
}
