/// What the mirror needs to know.
public struct MirrorConfiguration: Sendable {
  /// Where pseudonyms get their salt from.
  public enum Salt: Sendable, Equatable {
    case none
    case text(String)
    /// A version (a number, or `latest`) of a secret in Secret Manager.
    case secret(project: String, name: String, version: String)
  }

  /// The Google Cloud project that holds the datasets.
  public var projectID: String
  /// The dataset of tables whose registry row names none.
  public var datasetID: String
  /// Where new datasets are made, for example `EU`; nil for BigQuery's default.
  public var location: String?
  /// The emulator's URL; nil for Google. With an emulator nothing is authenticated.
  public var emulatorURL: String?
  /// A file of credentials that goes before application default credentials.
  public var credentialsPath: String?
  public var salt: Salt
  /// Source tables that know learners by pseudonym although they are declared to name them.
  public var pseudonymizedTables: Set<String>
  /// Rows in one insertAll call, 1 to 500.
  public var batchSize: Int
  /// Rows in one call while a queue is long, at most 500; not above `batchSize` keeps all calls alike.
  public var backlogBatchSize: Int
  /// How long rows may wait for a batch to fill.
  public var interval: Duration
  /// Attempts on the queue before a row is given up.
  public var maximumAttempts: Int
  /// Calls to BigQuery in any one second.
  public var callsPerSecond: Int
  /// How long one call may take.
  public var callTimeout: Duration
  /// How long a batch is held without a sign of life before another process takes it.
  public var lease: Duration
  /// Age in days from which mirrored rows are deleted from PostgreSQL.
  public var retentionDays: Int
  /// Rows that one statement of retention deletes at most.
  public var retentionBatch: Int
  /// More pending rows than this are warned of.
  public var pendingWarning: Int
  /// More given-up rows than this raise an alert.
  public var failedAlert: Int
  /// Gets a POST with each alert.
  public var alertWebhookURL: String?

  public init(
    projectID: String, datasetID: String, location: String? = nil, emulatorURL: String? = nil,
    credentialsPath: String? = nil, salt: Salt = .none,
    pseudonymizedTables: Set<String> = [], batchSize: Int = 100,
    backlogBatchSize: Int? = nil, interval: Duration = .seconds(30), maximumAttempts: Int = 10,
    callsPerSecond: Int = 10,
    callTimeout: Duration = .seconds(30), lease: Duration = .seconds(30), retentionDays: Int = 60,
    retentionBatch: Int = 2_000, pendingWarning: Int = 1_000, failedAlert: Int = 10,
    alertWebhookURL: String? = nil
  ) {
    precondition(
      (1...BatchSize.maximum).contains(batchSize)
        && (backlogBatchSize ?? batchSize) <= BatchSize.maximum,
      "BigQuery advises at most 500 rows a call")
    self.projectID = projectID
    self.datasetID = datasetID
    self.location = location
    self.emulatorURL = emulatorURL
    self.credentialsPath = credentialsPath
    self.salt = salt
    self.pseudonymizedTables = pseudonymizedTables
    self.batchSize = batchSize
    self.backlogBatchSize = backlogBatchSize ?? BatchSize.maximum
    self.interval = interval
    self.maximumAttempts = maximumAttempts
    self.callsPerSecond = callsPerSecond
    self.callTimeout = callTimeout
    self.lease = lease
    self.retentionDays = retentionDays
    self.retentionBatch = retentionBatch
    self.pendingWarning = pendingWarning
    self.failedAlert = failedAlert
    self.alertWebhookURL = alertWebhookURL
  }

  /// BigQuery's URL without a trailing slash.
  var baseURL: String {
    let url = emulatorURL ?? "https://bigquery.googleapis.com"
    return url.hasSuffix("/") ? String(url.dropLast()) : url
  }
}
