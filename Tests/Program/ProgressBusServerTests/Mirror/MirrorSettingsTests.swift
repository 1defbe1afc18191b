import BigQueryMirror
import Testing

@testable import ProgressBusServer

@Suite struct MirrorSettingsTests {
  private func mirror(
    _ environment: [String: String], yaml: String = "", needsProject: Bool = false
  ) async throws -> MirrorConfiguration {
    try ServerConfiguration(
      await ResolvedSettings.sample(environment: environment, yaml: yaml)
    ).mirror(needsProject: needsProject)
  }

  private func refusal(_ environment: [String: String]) async throws -> ConfigurationError? {
    do {
      _ = try await mirror(environment)
      return nil
    } catch let error as ConfigurationError {
      return error
    }
  }

  @Test func nothingIsNeededWhileItIsOff() async throws {
    let configuration = try ServerConfiguration(await ResolvedSettings.sample())
    #expect(!configuration.isMirrorEnabled)
    #expect(try configuration.mirror().salt == .none)
    let error = await #expect(throws: ConfigurationError.self) {
      try await mirror([:], needsProject: true)
    }
    #expect(error?.name == "BQ_SYNC_PROJECT_ID")
  }

  @Test func everySettingReachesTheMirror() async throws {
    let mirror = try await mirror(
      [
        "BQ_SYNC_ENABLED": "true", "GOOGLE_CLOUD_PROJECT": "school-1",
        "GOOGLE_APPLICATION_CREDENTIALS": "/keys/default.json",
        "PSEUDONYMIZATION_SALT_SECRET": "projects/p/secrets/salt/versions/latest",
        "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:9050",
        "BQ_SYNC_ALERT_WEBHOOK_URL": "https://example.org/alerts",
      ],
      yaml: """
        bq_sync:
          dataset_id: lessons
          location: EU
          batch_size: 200
          interval_seconds: 5
          max_attempts: 4
          calls_per_second: 3
          call_timeout_seconds: 7
          lease_seconds: 8
          retention_days: 90
          pending_warning: 11
          failed_alert: 12
          pseudonymize_tables: [dialogue_sessions, rag_metrics]
        """)
    #expect(mirror.projectID == "school-1")
    #expect(mirror.datasetID == "lessons")
    #expect(mirror.location == "EU")
    #expect(mirror.emulatorURL == "http://127.0.0.1:9050")
    #expect(mirror.credentialsPath == "/keys/default.json")
    #expect(mirror.salt == .secret(project: "p", name: "salt", version: "latest"))
    #expect(mirror.batchSize == 200)
    #expect(mirror.backlogBatchSize == 200, "whoever sets a size means it")
    #expect(mirror.interval == .seconds(5))
    #expect(mirror.maximumAttempts == 4)
    #expect(mirror.callsPerSecond == 3)
    #expect(mirror.callTimeout == .seconds(7))
    #expect(mirror.lease == .seconds(8))
    #expect(mirror.retentionDays == 90)
    #expect(mirror.pendingWarning == 11)
    #expect(mirror.failedAlert == 12)
    #expect(mirror.pseudonymizedTables == ["dialogue_sessions", "rag_metrics"])
    #expect(mirror.alertWebhookURL == "https://example.org/alerts")
  }

  @Test func itsOwnProjectAndCredentialsGoFirst() async throws {
    let mirror = try await mirror([
      "BQ_SYNC_ENABLED": "true", "BQ_SYNC_PROJECT_ID": "example.org:own",
      "GOOGLE_CLOUD_PROJECT": "other", "BQ_CREDENTIALS_PATH": "/keys/own.json",
      "GOOGLE_APPLICATION_CREDENTIALS": "/keys/other.json", "PSEUDONYMIZATION_SALT": "pepper",
    ])
    #expect(mirror.projectID == "example.org:own")
    #expect(mirror.credentialsPath == "/keys/own.json")
    #expect(mirror.salt == .text("pepper"))
  }

  @Test(arguments: [
    ("BQ_SYNC_ENABLED", "perhaps"), ("BQ_SYNC_BATCH_SIZE", "501"), ("BQ_SYNC_BATCH_SIZE", "0"),
    ("BQ_SYNC_INTERVAL_SECONDS", "soon"), ("BQ_SYNC_MAX_ATTEMPTS", "0"),
    ("BQ_SYNC_CALLS_PER_SECOND", "0"), ("BQ_SYNC_CALL_TIMEOUT_SECONDS", "-1"),
    ("BQ_SYNC_RETENTION_DAYS", "0"), ("BQ_SYNC_PENDING_WARNING", "-1"),
    ("BQ_SYNC_FAILED_ALERT", "x"), ("BQ_SYNC_PSEUDONYMIZE_TABLES", "dialogue_sessions,sessions"),
    ("BQ_SYNC_PROJECT_ID", "a/b"),
    ("GOOGLE_CLOUD_PROJECT", "a b"), ("BQ_SYNC_DATASET_ID", "a-b"),
    ("BIGQUERY_EMULATOR_HOST", "localhost:9050"), ("BQ_SYNC_ALERT_WEBHOOK_URL", "ftp://x/"),
    ("PSEUDONYMIZATION_SALT_SECRET", "projects/p/secrets/s"),
    ("BQ_SYNC_RETENTION", "60"),
  ])
  func whatIsMalformedIsNamed(variable: String, value: String) async throws {
    #expect(try await refusal([variable: value])?.name == variable)
  }

  @Test func aProjectIsNeededWhileItIsOn() async throws {
    let error = try await refusal(["BQ_SYNC_ENABLED": "true"])
    #expect(error?.name == "BQ_SYNC_PROJECT_ID")
    #expect(error?.reason.contains("GOOGLE_CLOUD_PROJECT") == true)
  }

  @Test func twoSaltsAreRefusedAndNeitherIsTold() async throws {
    let error = try await refusal([
      "PSEUDONYMIZATION_SALT": "pepper-4711",
      "PSEUDONYMIZATION_SALT_SECRET": "projects/p/secrets/s/versions/1",
    ])
    #expect(error?.name == "PSEUDONYMIZATION_SALT_SECRET")
    #expect(error?.reason.contains("4711") == false)
    let settings = try await ResolvedSettings.sample(environment: [
      "PSEUDONYMIZATION_SALT": "pepper-4711"
    ])
    #expect(!settings.lines.joined().contains("4711"))
  }
}
