import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// One run of a server's program, in a session of its own, that cannot outlive this process.
public actor ManagedProcess {
  /// The server's own process, not its watchdog's.
  public nonisolated let processIdentifier: Int32
  private nonisolated let completion: Task<ProcessExit, Never>
  private let stopSignal: Int32
  private let grace: Duration
  /// Set once the process is gone, so that no signal is sent to a reused process id.
  public private(set) var exit: ProcessExit?

  /// Starts the program in `folder` and appends what it prints to `logPath`.
  /// - Throws: `LocalStackError.fileFailed` or `.programFailed`.
  public static func launch(
    _ command: ServerCommand, folder: String, logPath: String
  ) async throws -> ManagedProcess {
    let log: FileDescriptor
    do {
      log = try FileDescriptor.open(
        FilePath(logPath), .writeOnly, options: [.create, .append, .closeOnExec],
        permissions: [.ownerReadWrite])
    } catch {
      throw LocalStackError.fileFailed(path: logPath, reason: "\(error)")
    }
    let (started, announce) = AsyncStream.makeStream(of: Int32.self)
    let completion = Task {
      defer { announce.finish() }
      return await watch(command, folder: folder, log: log, announce: announce)
    }
    // In a task of its own: a cancelled caller must still get the process, to stop it.
    let processIdentifier = await Task { await started.first { _ in true } }.value
    if let processIdentifier {
      let process = ManagedProcess(processIdentifier, completion, command)
      await process.observeExit()
      return process
    }
    throw LocalStackError.programFailed(
      program: command.program, reason: "\(await completion.value)", output: "")
  }

  private init(
    _ processIdentifier: Int32, _ completion: Task<ProcessExit, Never>, _ command: ServerCommand
  ) {
    self.processIdentifier = processIdentifier
    self.completion = completion
    stopSignal =
      switch command.stopSignal {
      case .terminate: SIGTERM
      case .interrupt: SIGINT
      }
    grace = .seconds(command.graceSeconds)
  }

  private static func watch(
    _ command: ServerCommand, folder: String, log: FileDescriptor,
    announce: AsyncStream<Int32>.Continuation
  ) async -> ProcessExit {
    var options = PlatformOptions()
    options.createSession = true
    let given = command.environment.map {
      (Environment.Key(stringLiteral: $0.key), Optional($0.value))
    }
    let watchdog =
      ["-c", Watchdog.script, "watchdog", command.stopSignal.rawValue]
      + ["\(command.graceSeconds)", command.program] + command.arguments
    do {
      let (executable, arguments) =
        try command.account?.running("/bin/sh", watchdog) ?? ("/bin/sh", watchdog)
      let outcome = try await Subprocess.run(
        .path(FilePath(executable)),
        arguments: Arguments(arguments),
        environment: .inherit.updating(
          ownSecrets.merging(given) { _, given in given }),
        workingDirectory: FilePath(folder),
        platformOptions: options,
        // Held open until the body returns: its end is how the watchdog learns of our death.
        input: .inputWriter,
        output: .sequence,
        error: .fileDescriptor(log, closeAfterSpawningProcess: true)
      ) { execution in
        for try await line in execution.standardOutput.strings() {
          if let processIdentifier = Int32(line.trimmed) {
            announce.yield(processIdentifier)
          }
        }
      }
      return switch outcome.terminationStatus {
      case .exited(let status): ProcessExit(shellStatus: status)
      case .signaled(let signal): .signal(signal)
      }
    } catch {
      return .unknown("\(error)")
    }
  }

  /// Variables that may hold secrets of ours, to be left out: a server reads none of them, may run as another account,
  /// and shows what it was given in `/proc`.
  private static var ownSecrets: [Environment.Key: String?] {
    let words = ["SECRET", "PASSWORD", "TOKEN", "SALT", "_URL"]
    let names = ProcessInfo.processInfo.environment.keys.filter { name in
      words.contains { name.contains($0) }
    }
    return Dictionary(
      uniqueKeysWithValues: names.map { (Environment.Key(stringLiteral: $0), String?.none) })
  }

  private func observeExit() {
    Task { await note(completion.value) }
  }

  private func note(_ exit: ProcessExit) {
    self.exit = exit
  }

  /// Returns when the process has ended.
  @discardableResult
  public nonisolated func waitForExit() async -> ProcessExit {
    await completion.value
  }

  /// Asks the server to stop, waits for its grace, then kills it. Returns when it is gone.
  public func stop() async {
    guard exit == nil else { return }
    resume()
    send(stopSignal, to: [processIdentifier])
    let deadline = Task {
      try await Task.sleep(for: grace)
      kill()
    }
    note(await waitForExit())
    deadline.cancel()
  }

  /// Kills the server and its children at once, as a crash of the machine would.
  public func kill() {
    guard exit == nil else { return }
    send(SIGKILL, to: ProcessTree.members(of: processIdentifier))
  }

  /// Freezes the server and its children: connections stay open and nothing answers.
  public func pause() {
    guard exit == nil else { return }
    send(SIGSTOP, to: ProcessTree.members(of: processIdentifier))
  }

  public func resume() {
    guard exit == nil else { return }
    send(SIGCONT, to: ProcessTree.members(of: processIdentifier))
  }

  private func send(_ signal: Int32, to processes: [Int32]) {
    // A process that ended meanwhile (ESRCH) needs no signal.
    for process in processes { _ = Glibc.kill(process, signal) }
  }
}

/// How a process ended.
public enum ProcessExit: Sendable, Equatable, CustomStringConvertible {
  /// It returned this code.
  case code(Int32)
  /// This signal killed it.
  case signal(Int32)
  /// It could not be watched to its end.
  case unknown(String)

  /// A shell reports a child that a signal killed as 128 plus the signal
  /// (POSIX.1-2017, Shell & Utilities, 2.8.2).
  init(shellStatus: Int32) {
    self = shellStatus > 128 ? .signal(shellStatus - 128) : .code(shellStatus)
  }

  public var description: String {
    switch self {
    case .code(let code): "exited with code \(code)"
    case .signal(let signal): "was killed by signal \(signal)"
    case .unknown(let reason): "ended (\(reason))"
    }
  }
}
