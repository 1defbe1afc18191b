import Concurrency
import CurlTransport
import Logging

/// Makes the parts that need Google, at first use, once.
actor MirrorParts {
  private let configuration: MirrorConfiguration
  private let store: MirrorStore
  private let transport: any HTTPTransport
  private let environment: [String: String]
  private let logger: Logger
  private var tokens: TokenCache?
  private var client: BigQueryClient?
  private var engine: MirrorEngine?
  private let clientMaking = SingleFlight<OnlyKey, BigQueryClient, any Error>()
  private let engineMaking = SingleFlight<OnlyKey, MirrorEngine, any Error>()

  init(
    configuration: MirrorConfiguration, store: MirrorStore, transport: any HTTPTransport,
    environment: [String: String], logger: Logger
  ) {
    self.configuration = configuration
    self.store = store
    self.transport = transport
    self.environment = environment
    self.logger = logger
  }

  /// - Throws: `MirrorError.credentials`.
  func client() async throws -> BigQueryClient {
    if let client { return client }
    return try await clientMaking.value { try await self.makeClient() }
  }

  /// - Throws: `MirrorError`, or `PostgresError` when the registry cannot be read.
  func engine() async throws -> MirrorEngine {
    if let engine { return engine }
    return try await engineMaking.value { try await self.makeEngine() }
  }

  /// Nil when none is configured.
  func pseudonymizer() async throws -> Pseudonymizer? {
    switch configuration.salt {
    case .none: return nil
    case .text(let salt): return Pseudonymizer(salt: salt)
    case .secret(let project, let name, let version):
      _ = try await client()
      guard let tokens else {
        throw MirrorError.credentials("Secret Manager cannot be used with an emulator")
      }
      return Pseudonymizer(
        salt: try await SecretManager(transport: transport, tokens: tokens).text(
          project: project, name: name, version: version))
    }
  }

  func failingTables(times: Int) async -> [String] {
    await engine?.circuits.failing(times: times) ?? []
  }

  private func makeClient() async throws -> BigQueryClient {
    if configuration.emulatorURL == nil {
      tokens = TokenCache(
        try CredentialResolver(environment: environment, transport: transport)
          .resolve(path: configuration.credentialsPath))
    }
    let client = BigQueryClient(
      configuration: configuration, transport: transport, tokens: tokens,
      limiter: SharedCallLimiter(store: store, callsPerSecond: configuration.callsPerSecond))
    self.client = client
    return client
  }

  private func makeEngine() async throws -> MirrorEngine {
    let pseudonymizer = try await pseudonymizer()
    let tables = try await store.tables()
    let needing = MirrorEngine.needingSalt(tables)
    if pseudonymizer == nil, !needing.isEmpty { throw MirrorError.missingSalt(tables: needing) }
    let client = try await client()
    let creator = TableCreator(client: client, location: configuration.location)
    for table in tables {
      if let error = try await demandedColumn(of: table, creator) { throw error }
    }
    let engine = MirrorEngine(
      configuration: configuration, store: store, client: client, pseudonymizer: pseudonymizer,
      logger: logger)
    self.engine = engine
    return engine
  }

  /// What is wrong with a table that exists and demands a column that pseudonyms rule out. BigQuery
  /// would refuse each of its rows; it is asked only about tables with such columns.
  nonisolated func demandedColumn(
    of table: MirroredTable, _ creator: TableCreator
  ) async throws -> MirrorError? {
    guard table.pseudonymRules.leavesOut else { return nil }
    let dataset = table.dataset ?? configuration.datasetID
    let found = try await creator.table(
      .init(projectId: configuration.projectID, datasetId: dataset, tableId: table.table))
    return table.pseudonymRules.demanded(by: found?.schema?.fields ?? []).map {
      .demandedColumn(table: "\(dataset).\(table.table)", column: $0)
    }
  }
}
