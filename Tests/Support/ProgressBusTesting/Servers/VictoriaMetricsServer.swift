public import LocalStack

/// A private VictoriaMetrics, which takes InfluxDB's v2 writes (`/api/v2/write`).
public struct VictoriaMetricsServer: LocalServer {
  public let name = "VictoriaMetrics"
  public let folder: String
  public let port: Int
  public let portFlag: String? = nil

  public init(folder: String, port: Int) {
    self.folder = folder
    self.port = port
  }

  public var url: String { "http://127.0.0.1:\(port)" }

  public func prepare() throws -> ServerCommand {
    ServerCommand(
      program: try ProgramLocator.find("victoria-metrics", package: "victoria-metrics"),
      arguments: [
        "-storageDataPath", "\(folder)/data", "-httpListenAddr", "127.0.0.1:\(port)",
        "-retentionPeriod", "100y", "-search.latencyOffset", "0s",
      ])
  }

  public func isReady() async throws -> Bool {
    try await LoopbackClient.status(port: port, path: "/health") == 200
  }
}
