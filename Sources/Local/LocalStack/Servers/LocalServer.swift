/// What is particular to one kind of server. `ServerController` does what all have in common.
public protocol LocalServer: Sendable {
  /// As people write it: "Redis".
  var name: String { get }
  /// Absolute path of the server's own folder, for its data and its log.
  var folder: String { get }
  /// On 127.0.0.1.
  var port: Int { get }
  /// The command line flag that chooses the port, for the error when it is in use.
  var portFlag: String? { get }
  /// What clients connect to.
  var url: String { get }

  /// Makes folders and files, if they are not there yet, and finds the program.
  func prepare() async throws -> ServerCommand
  /// Whether the server takes requests. An error counts as no.
  func isReady() async throws -> Bool
  /// What is to be done once the server takes requests, at each start.
  func finishStart() async throws
}

extension LocalServer {
  /// The file that takes what the server prints.
  public var logPath: String { "\(folder)/server.log" }

  public func finishStart() async throws {}
}

/// The program of a server and how to run and stop it.
public struct ServerCommand: Sendable {
  /// The signal that asks for an orderly stop.
  public enum StopSignal: String, Sendable {
    case terminate = "TERM"
    case interrupt = "INT"
  }

  /// Absolute path.
  public var program: String
  public var arguments: [String]
  /// Added to the environment of this process.
  public var environment: [String: String]
  /// The account to run as; nil for the account of this process.
  public var account: SystemAccount?
  public var stopSignal: StopSignal
  /// What the server gets between the stop signal and SIGKILL, in whole seconds.
  public var graceSeconds: Int

  public init(
    program: String, arguments: [String], environment: [String: String] = [:],
    account: SystemAccount? = nil, stopSignal: StopSignal = .terminate, graceSeconds: Int = 10
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.account = account
    self.stopSignal = stopSignal
    self.graceSeconds = graceSeconds
  }
}
