/// A setting that InfluxDB cannot be reached with.
public struct InfluxConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The setting's name in the environment.
  public let setting: String
  /// What is wrong with it; never its value.
  public let problem: String

  public init(setting: String, problem: String) {
    self.setting = setting
    self.problem = problem
  }

  public var description: String { "\(setting) \(problem)" }
}
