import FoundationEssentials

/// A private InfluxDB 1.x with one database.
public struct InfluxServer: LocalServer {
  public let name = "InfluxDB"
  public let folder: String
  public let port: Int
  public let portFlag: String?
  /// Made at each start if it is not there. Letters, digits, `_` and `-`.
  public let database: String
  /// More lines of the configuration's section `data`.
  public let dataSettings: [String]

  public init(
    folder: String, port: Int, database: String = "progressbus", portFlag: String? = nil,
    dataSettings: [String] = []
  ) {
    self.folder = folder
    self.port = port
    self.database = database
    self.portFlag = portFlag
    self.dataSettings = dataSettings
  }

  public var url: String { "http://127.0.0.1:\(port)" }

  public func prepare() throws -> ServerCommand {
    let program = try ProgramLocator.find("influxd", package: "influxdb")
    let path = "\(folder)/influxdb.conf"
    do {
      try configuration(backupPort: LoopbackPort.free())
        .write(toFile: path, atomically: true, encoding: .utf8)
    } catch let error as CocoaError {
      throw LocalStackError.fileFailed(path: path, reason: "\(error)")
    }
    return ServerCommand(program: program, arguments: ["-config", path])
  }

  /// Everything that listens by default is off or bound to 127.0.0.1, nothing is reported home, and
  /// the server keeps no statistics of its own.
  private func configuration(backupPort: Int) -> String {
    """
    reporting-disabled = true
    bind-address = "127.0.0.1:\(backupPort)"

    [meta]
      dir = "\(folder)/meta"

    [data]
      dir = "\(folder)/data"
      wal-dir = "\(folder)/wal"
      query-log-enabled = false
      \(dataSettings.joined(separator: "\n  "))

    [coordinator]

    [monitor]
      store-enabled = false

    [http]
      bind-address = "127.0.0.1:\(port)"
      log-enabled = false

    [continuous_queries]
      log-enabled = false

    """
  }

  public func isReady() async throws -> Bool {
    try await LoopbackClient.status(port: port, path: "/ping") == 204
  }

  public func finishStart() async throws {
    let status = try await LoopbackClient.status(
      port: port, method: "POST", path: "/query",
      body: "q=CREATE%20DATABASE%20%22\(database)%22", within: .seconds(30))
    guard status == 200 else {
      throw LocalStackError.startFailed(
        server: name, reason: "CREATE DATABASE \(database) was answered with \(status ?? 0)",
        logPath: logPath, log: LogTail.read(logPath))
    }
  }
}
