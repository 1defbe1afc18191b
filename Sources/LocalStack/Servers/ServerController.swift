import FoundationEssentials

/// Starts, stops and watches one private server. Members of the server itself (`url`, `port`, …) can
/// be read on its controller.
@dynamicMemberLookup
public actor ServerController<Server: LocalServer> {
  public nonisolated let server: Server
  private let startDeadline: Duration
  private var process: ManagedProcess?

  /// - Parameter startDeadline: what a start may take until the server answers.
  public init(_ server: Server, startDeadline: Duration = .seconds(60)) {
    self.server = server
    self.startDeadline = startDeadline
  }

  public nonisolated subscript<Value>(dynamicMember member: KeyPath<Server, Value>) -> Value {
    server[keyPath: member]
  }

  /// The server's process, while it runs.
  public var processIdentifier: Int32? { process?.processIdentifier }

  /// Starts the server with the data of its last run, and returns when it answers.
  /// - Throws: `LocalStackError`.
  public func start() async throws {
    precondition(process == nil, "\(server.name) runs already")
    try PrivateFolder.make(server.folder)
    let command = try await server.prepare()
    guard LoopbackPort.isFree(server.port) else {
      throw LocalStackError.portInUse(
        server: server.name, port: server.port, flag: server.portFlag)
    }
    let process = try await ManagedProcess.launch(
      command, folder: server.folder, logPath: server.logPath)
    self.process = process
    do {
      try await waitUntilReady(process)
      try await server.finishStart()
    } catch {
      await stop()
      throw error
    }
  }

  private func waitUntilReady(_ process: ManagedProcess) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + startDeadline
    while true {
      if let exit = await process.exit { throw startFailed("it \(exit)") }
      // An error means that it does not listen or is still loading: asked again until the deadline.
      if (try? await server.isReady()) == true { return }
      guard clock.now < deadline else { throw startFailed("no answer within \(startDeadline)") }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private func startFailed(_ reason: String) -> LocalStackError {
    .startFailed(
      server: server.name, reason: reason, logPath: server.logPath,
      log: LogTail.read(server.logPath))
  }

  /// Stops the server in order and keeps its data. Returns when its process is gone.
  public func stop() async {
    guard let process else { return }
    await process.stop()
    self.process = nil
  }

  /// Kills the server with SIGKILL, as a crash would, and returns when it is gone. `start()` brings it
  /// back with what had reached its files.
  public func kill() async {
    guard let process else { return }
    await process.kill()
    await process.waitForExit()
    self.process = nil
  }

  /// Freezes the server: its connections stay open and nothing answers.
  public func pause() async {
    await process?.pause()
  }

  /// Ends `pause()`.
  public func resume() async {
    await process?.resume()
  }

  /// Returns when the server ends; at once when it does not run.
  public func waitForExit() async -> ProcessExit? {
    await process?.waitForExit()
  }
}
