import Concurrency
import FoundationEssentials
import Glibc
import SystemPackage

/// Starts, stops and watches one private server. Members of the server itself (`url`, `port`, …) can
/// be read on its controller.
@dynamicMemberLookup
public actor ServerController<Server: LocalServer> {
  public nonisolated let server: Server
  private let startDeadline: Duration
  private var process: ManagedProcess?
  /// Whether it should run: `stop()` and `kill()` end a start or a restart that is under way.
  private var isWanted = false

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
  /// - Throws: `LocalStackError`; `CancellationError` when `stop()` or `kill()` came meanwhile.
  public func start() async throws {
    precondition(!isWanted, "\(server.name) is started already")
    isWanted = true
    do {
      try await launch()
    } catch {
      isWanted = false
      throw error
    }
  }

  private func launch() async throws {
    try PrivateFolder.make(server.folder)
    try await LeftoverServer.end(in: server.folder)
    let command = try await server.prepare()
    try await waitForPort()
    let process = try await ManagedProcess.launch(
      command, folder: server.folder, logPath: server.logPath)
    self.process = process
    do {
      try LeftoverServer.remember(process.processIdentifier, in: server.folder)
      try await waitUntilReady(process)
      try await server.finishStart()
      guard isWanted else { throw CancellationError() }
    } catch {
      await process.stop()
      self.process = nil
      throw error
    }
  }

  /// The children of a server that was killed may hold its port for a moment longer than it.
  private func waitForPort() async throws {
    let clock = ContinuousClock()
    let deadline =
      clock.now + (LeftoverServer.isRemembered(in: server.folder) ? .seconds(3) : .zero)
    while !LoopbackPort.isFree(server.port) {
      guard clock.now < deadline else {
        throw LocalStackError.portInUse(
          server: server.name, port: server.port, flag: server.portFlag)
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  private func waitUntilReady(_ process: ManagedProcess) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + startDeadline
    while isWanted {
      if let exit = await process.exit { throw startFailed("it \(exit)") }
      // An error means that it does not listen or is still loading: asked again until the deadline.
      if (try? await server.isReady()) == true { return }
      guard clock.now < deadline else { throw startFailed("no answer within \(startDeadline)") }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw CancellationError()
  }

  private func startFailed(_ reason: String) -> LocalStackError {
    .startFailed(
      server: server.name, reason: reason, logPath: server.logPath,
      log: LogTail.read(server.logPath))
  }

  /// Stops the server in order and keeps its data. Returns when its process is gone.
  public func stop() async {
    isWanted = false
    await process?.stop()
    process = nil
  }

  /// Kills the server with SIGKILL, as a crash would, and returns when it is gone. `start()` brings it
  /// back with what had reached its files.
  public func kill() async {
    isWanted = false
    await process?.kill()
    await process?.waitForExit()
    process = nil
  }

  /// Freezes the server: its connections stay open and nothing answers.
  public func pause() async {
    await process?.pause()
  }

  /// Ends `pause()`.
  public func resume() async {
    await process?.resume()
  }

  /// Starts the server again whenever it ends by itself. Returns after `stop()` or `kill()`.
  /// - Parameter report: gets one line for the operator for each end and each failed start.
  public func keepRunning(report: @escaping @Sendable (String) -> Void) async {
    while isWanted, let process {
      let exit = await process.waitForExit()
      guard isWanted, self.process === process else { return }
      report("\(server.name) \(exit); starting it again")
      await startAgain(report: report)
    }
  }

  private func startAgain(report: @Sendable (String) -> Void) async {
    var retries = Retries(
      Backoff(first: .milliseconds(250), longest: .seconds(10), jitter: .none))
    while isWanted {
      do {
        try await launch()
        return report("\(server.name) runs again on port \(server.port)")
      } catch {
        guard isWanted else { return }
        let pause = retries.failed()
        report("\(error); trying again in \(pause)")
        // Cancellation ends the wait early, and `isWanted` the loop.
        try? await Task.sleep(for: pause)
        if Task.isCancelled { return }
      }
    }
  }
}

/// What a stack does with its servers, whatever their kind.
public protocol ServerControl: Actor {
  nonisolated var name: String { get }
  func start() async throws
  func stop() async
  func keepRunning(report: @escaping @Sendable (String) -> Void) async
}

extension ServerController: ServerControl {
  public nonisolated var name: String { server.name }
}

/// The last lines of a server's log, for error messages of one line.
enum LogTail {
  static func read(_ path: String, lines: Int = 5) -> String {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
    else { return "" }
    let text = try? file.closeAfter {
      let size = try file.seek(offset: 0, from: .end)
      let length = min(size, 8 * 1024)
      return try String(unsafeUninitializedCapacity: Int(length)) { buffer in
        try file.read(
          fromAbsoluteOffset: size - length, into: UnsafeMutableRawBufferPointer(buffer))
      }
    }
    return summary(of: text ?? "", lines: lines)
  }

  static func summary(of text: String, lines: Int = 5) -> String {
    text.split(whereSeparator: \.isNewline).suffix(lines).joined(separator: " | ")
  }
}
