import Access
import ArgumentParser
import Foundation
import LocalStack
import ProgressBusServer

/// ProgressBus with all its servers in one process tree on this machine.
struct LocalDeployment {
  struct Ports {
    let http: Int
    let redis: Int
    let postgres: Int
    let influx: Int
    let bigQuery: Int
  }

  let ports: Ports
  let stateFolder: String
  /// Further settings, `key=value`.
  let settings: [String]
  let demonstration: DemonstrationOptions

  func run() async throws {
    guard LoopbackPort.isFree(ports.http) else {
      throw LocalStackError.portInUse(
        server: "the dashboard", port: ports.http, flag: "--http-port")
    }
    let folder = try StateFolder(stateFolder)
    let postgresFolder = try folder.postgresFolder()
    if let notice = postgresFolder.notice { Self.tell(notice) }
    let redis = RedisServer(
      folder: folder.folder(of: "redis"), port: ports.redis, portFlag: "--redis-port")
    let postgres = try PostgresServer(
      folder: postgresFolder.path, port: ports.postgres, portFlag: "--postgres-port")
    let influx = InfluxServer(
      folder: folder.folder(of: "influxdb"), port: ports.influx, portFlag: "--influx-port")
    let stack = LocalStack([redis, postgres, influx]) { Self.tell($0) }
    let mirror = try await LocalMirror.plan(
      folder: folder, port: ports.bigQuery, settings: settings, tell: Self.tell)
    var urls = ConnectionURLs(
      redis: redis.url, database: postgres.url, influxDB: influx.url,
      influxDBDatabase: influx.database, progressBus: "http://127.0.0.1:\(ports.http)")

    do {
      var configuration: ServerConfiguration
      // The emulator takes longer to start than all other servers together.
      let lateMirror = mirror?.isSetUp == true ? mirror : nil
      if let lateMirror {
        try await stack.start()
        urls.bigQueryEmulator = lateMirror.emulatorURL
        urls.settings = try lateMirror.settings()
        configuration = try await serverConfiguration(urls)
        _ = try await Migrator.run(configuration)
      } else {
        async let emulator = mirror?.start()
        try await stack.start()
        urls.bigQueryEmulator = await emulator
        configuration = try await serverConfiguration(urls)
        _ = try await Migrator.run(configuration)
        if urls.bigQueryEmulator != nil, let mirror {
          var mirroredURLs = urls
          mirroredURLs.settings = try mirror.settings()
          let mirrored = try await serverConfiguration(mirroredURLs)
          if await mirror.createTables(mirrored) {
            (configuration, urls) = (mirrored, mirroredURLs)
          } else {
            urls.bigQueryEmulator = nil
          }
        }
      }
      try urls.write(to: "\(folder.path)/urls.env")
      try await serve(
        configuration, urlsFile: "\(folder.path)/urls.env",
        bigQueryEmulator: urls.bigQueryEmulator, lateMirror: lateMirror)
    } catch {
      await mirror?.stop()
      await stack.stop()
      throw error
    }
    await mirror?.stop()
    await stack.stop()
    try folder.close()
  }

  /// Runs the server, and the simulated class as long as it runs.
  ///
  /// - Parameter lateMirror: whose emulator is still to be started.
  private func serve(
    _ configuration: ServerConfiguration, urlsFile: String, bigQueryEmulator: String?,
    lateMirror: LocalMirror?
  ) async throws {
    let server = "http://127.0.0.1:\(ports.http)"
    // Only now, so that the class is as far as it should be when it is first seen.
    let demonstration =
      demonstration.demo
      ? LocalDemonstration(learners: demonstration.demoLearners, seed: demonstration.demoSeed) : nil
    let welcome = Welcome(
      http: ports.http, redis: ports.redis, channel: try configuration.busChannel(),
      urlsFile: urlsFile,
      bigQueryEmulator: bigQueryEmulator,
      demonstration: demonstration.map { .init(learners: $0.learners, query: $0.query) },
      access: try Self.access(configuration, query: demonstration?.query ?? ""))
    let (listening, listens) = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup { group in
      if let lateMirror {
        group.addTask { await lateMirror.startBeside(configuration) }
      }
      if let demonstration {
        group.addTask {
          for await _ in listening { break }
          if !Task.isCancelled {
            await demonstration.run(server: server, configuration, tell: Self.tell)
          }
        }
      }
      try await Server(configuration: configuration).run { _ in
        FileHandle.standardOutput.write(Data(welcome.text.utf8))
        listens.yield()
      }
      group.cancelAll()
    }
  }

  /// How to get in. A link is shown on a terminal alone: elsewhere what is printed is kept, as logs are.
  private static func access(
    _ configuration: ServerConfiguration, query: String
  ) throws -> Welcome.Access {
    guard configuration.asksForTokens else { return .open }
    guard configuration.signsTokens else { return .byIssuer }
    guard isatty(STDOUT_FILENO) == 1 else { return .byToken }
    let token = try AccessTokens.issue(
      scopes: [.admin], subject: "up", courses: [], lifetime: 12 * 3600, configuration)
    return .link(try configuration.signInLink(token, query: query))
  }

  private func serverConfiguration(_ urls: ConnectionURLs) async throws -> ServerConfiguration {
    // The same as a command gets that reads the file.
    let own = Settings.all.flatMap { setting in
      urls.environment.filter { $0.name == setting.variable }.map { "\(setting.key)=\($0.value)" }
    }
    let options = try SettingsOptions.parse(
      ["--http-port", String(ports.http)] + (own + settings).flatMap { ["--set", $0] })
    return try await options.serverConfiguration()
  }

  @Sendable private static func tell(_ line: String) {
    FileHandle.standardError.write(Data("progressbus: \(line)\n".utf8))
  }
}
