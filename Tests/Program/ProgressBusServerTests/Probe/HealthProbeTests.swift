import ProgressBusServer
import Testing

@Suite struct HealthProbeTests {
  @Test(arguments: [
    ("127.0.0.1", "http://127.0.0.1:9000"), ("0.0.0.0", "http://127.0.0.1:9000"),
    ("::", "http://[::1]:9000"), ("::1", "http://[::1]:9000"),
    ("localhost", "http://localhost:9000"),
  ])
  func asksWhereTheProcessListens(host: String, url: String) throws {
    let settings = try ResolvedSettings(
      SettingsSource(overrides: ["http.host": host, "http.port": "9000"], environment: [:]))
    #expect(try HealthProbe.baseURL(settings) == url)
  }

  @Test func aPortThatNobodyKnowsIsNamed() throws {
    let settings = try ResolvedSettings(
      SettingsSource(overrides: ["http.port": "0"], environment: [:]))
    #expect(throws: ConfigurationError.self) { try HealthProbe.baseURL(settings) }
  }
}
