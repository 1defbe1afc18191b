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
  public var account: ServiceAccount?
  public var stopSignal: StopSignal
  /// What the server gets between the stop signal and SIGKILL, in whole seconds.
  public var graceSeconds: Int

  public init(
    program: String, arguments: [String], environment: [String: String] = [:],
    account: ServiceAccount? = nil, stopSignal: StopSignal = .terminate, graceSeconds: Int = 10
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.account = account
    self.stopSignal = stopSignal
    self.graceSeconds = graceSeconds
  }
}
