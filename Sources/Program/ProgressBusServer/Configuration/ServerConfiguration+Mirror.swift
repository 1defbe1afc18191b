import BigQueryMirror
import Foundation

extension ServerConfiguration {
  /// Whether rows are copied to BigQuery.
  public var isMirrorEnabled: Bool { settings.boolean("bq_sync.enabled") }

  /// Whether this process answers about the mirror, or runs it.
  var usesMirror: Bool {
    roles.contains(.dashboard)
      || roles.contains(.worker) && (isMirrorEnabled || settings.text("database.url") != nil)
  }

  /// What the mirror needs to know.
  ///
  /// - Parameter needsProject: while the mirror is off, only what asks BigQuery needs its project.
  /// - Throws: when a setting of the mirror is malformed or, while it is on, missing.
  func mirror(needsProject: Bool = false) throws(ConfigurationError) -> MirrorConfiguration {
    let batchSize = settings.integer("bq_sync.batch_size")
    return MirrorConfiguration(
      projectID: try mirrorProject(isNeeded: needsProject || isMirrorEnabled),
      datasetID: try mirrorDataset(), location: settings.text("bq_sync.location"),
      emulatorURL: try webAddress("bigquery.emulator_url", as: "BIGQUERY_EMULATOR_HOST"),
      // Application default credentials begin with the second of them, too.
      credentialsPath: settings.text("bq_sync.credentials_path")
        ?? settings.text("google.application_credentials"),
      salt: try mirrorSalt(),
      pseudonymizedTables: Set(settings.givenList("bq_sync.pseudonymize_tables") ?? []),
      batchSize: batchSize,
      // Whoever sets a size means it.
      backlogBatchSize: settings.isGiven("bq_sync.batch_size") ? batchSize : nil,
      interval: .seconds(settings.integer("bq_sync.interval_seconds")),
      maximumAttempts: settings.integer("bq_sync.max_attempts"),
      callsPerSecond: settings.integer("bq_sync.calls_per_second"),
      callTimeout: .seconds(settings.integer("bq_sync.call_timeout_seconds")),
      lease: .seconds(settings.integer("bq_sync.lease_seconds")),
      retentionDays: settings.integer("bq_sync.retention_days"),
      pendingWarning: settings.integer("bq_sync.pending_warning"),
      failedAlert: settings.integer("bq_sync.failed_alert"),
      alertWebhookURL: try webAddress(
        "bq_sync.alert_webhook_url", as: "BQ_SYNC_ALERT_WEBHOOK_URL"))
  }

  /// Project ids have letters, digits and hyphens, old ones a domain before a colon
  /// (https://cloud.google.com/resource-manager/docs/creating-managing-projects).
  private func mirrorProject(isNeeded: Bool) throws(ConfigurationError) -> String {
    let own = settings.text("bq_sync.project_id")
    guard let project = own ?? settings.text("google.project") else {
      guard isNeeded else { return "" }
      throw ConfigurationError(
        "BQ_SYNC_PROJECT_ID",
        "is not set, nor is GOOGLE_CLOUD_PROJECT, and the BigQuery mirror needs one of them")
    }
    guard project.wholeMatch(of: /([a-z0-9.\-]+:)?[A-Za-z][A-Za-z0-9\-]*/) != nil else {
      throw ConfigurationError(
        own == nil ? "GOOGLE_CLOUD_PROJECT" : "BQ_SYNC_PROJECT_ID",
        "\(project) is no project id")
    }
    return project
  }

  /// https://cloud.google.com/bigquery/docs/datasets#dataset-naming
  private func mirrorDataset() throws(ConfigurationError) -> String {
    let dataset = try settings.text("bq_sync.dataset_id", for: "the BigQuery mirror")
    guard dataset.wholeMatch(of: /[A-Za-z0-9_]{1,1024}/) != nil else {
      throw ConfigurationError(
        "BQ_SYNC_DATASET_ID", "must have only letters, digits and underscores, at most 1024")
    }
    return dataset
  }

  private func mirrorSalt() throws(ConfigurationError) -> MirrorConfiguration.Salt {
    let salt = settings.text("bq_sync.pseudonymization_salt")
    guard let secret = settings.text("bq_sync.pseudonymization_salt_secret") else {
      return salt.map { .text($0) } ?? .none
    }
    guard salt == nil else {
      throw ConfigurationError(
        "PSEUDONYMIZATION_SALT_SECRET", "is set, and so is PSEUDONYMIZATION_SALT: which is meant?")
    }
    let form = /projects\/([^\/\s]+)\/secrets\/([A-Za-z0-9_\-]+)\/versions\/([0-9]+|latest)/
    guard let match = secret.wholeMatch(of: form) else {
      throw ConfigurationError(
        "PSEUDONYMIZATION_SALT_SECRET", "must have the form projects/P/secrets/S/versions/V")
    }
    return .secret(
      project: String(match.1), name: String(match.2), version: String(match.3))
  }

  func webAddress(
    _ key: String, as variable: String
  ) throws(ConfigurationError) -> String? {
    guard let text = settings.text(key) else { return nil }
    guard let url = URL(string: text), ["http", "https"].contains(url.scheme?.lowercased()),
      url.host?.isEmpty == false
    else {
      throw ConfigurationError(variable, "must be a full URL, such as http://127.0.0.1:9050")
    }
    return text
  }
}
