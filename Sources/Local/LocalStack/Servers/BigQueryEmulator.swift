/// A private BigQuery emulator, for development and tests. It needs Python 3.13, and PyPI for its
/// first start.
public struct BigQueryEmulator: LocalServer {
  public let name = "the BigQuery emulator"
  public let folder: String
  public let port: Int
  public let portFlag: String?
  /// The project that it serves.
  public let project: String
  /// The Python environment that it is installed into, when it is not there yet.
  private let environmentFolder: String
  private let scriptsFolder: String
  private let storagePort: Int
  private let withGoogleClient: Bool

  /// - Parameters:
  ///   - storagePort: of the gRPC service, which nothing here uses.
  ///   - environmentFolder: may be shared by many emulators.
  ///   - scriptsFolder: holds `install-bigquery-emulator` and `bigquery-emulator.py`.
  ///   - withGoogleClient: whether Google's own Python client is installed beside it.
  public init(
    folder: String, port: Int, storagePort: Int, project: String, environmentFolder: String,
    scriptsFolder: String, portFlag: String? = nil, withGoogleClient: Bool = false
  ) {
    self.folder = folder
    self.port = port
    self.storagePort = storagePort
    self.project = project
    self.environmentFolder = environmentFolder
    self.scriptsFolder = scriptsFolder
    self.portFlag = portFlag
    self.withGoogleClient = withGoogleClient
  }

  /// For `BIGQUERY_EMULATOR_HOST`.
  public var url: String { "http://127.0.0.1:\(port)" }

  /// The environment's Python.
  public var python: String { "\(environmentFolder)/bin/python" }

  /// - Throws: `LocalStackError.programFailed`, with what is missing, when it cannot be installed.
  public func prepare() async throws -> ServerCommand {
    let shell = try ProgramLocator.find("sh", package: "dash")
    try await ProgramRun.run(
      shell,
      ["\(scriptsFolder)/install-bigquery-emulator", environmentFolder]
        + (withGoogleClient ? ["--with-google-client"] : []))
    return ServerCommand(
      program: python,
      arguments: [
        "\(scriptsFolder)/bigquery-emulator.py", "--host", "127.0.0.1", "--port", "\(port)",
        "--grpc-port", "\(storagePort)", "--project", project, "--dataset", "emulator",
        "--data-dir", "\(folder)/data",
      ], environment: ["PYTHONDONTWRITEBYTECODE": "1"])
  }

  public func isReady() async throws -> Bool {
    try await LoopbackClient.status(port: port, path: "/bigquery/v2/projects/\(project)/datasets")
      == 200
  }
}
