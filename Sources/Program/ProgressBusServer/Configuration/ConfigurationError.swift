/// A setting that is unknown, missing or malformed. Names the setting, never a secret's value.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The setting, as the user wrote it.
  public let name: String
  public let reason: String

  public init(_ name: String, _ reason: String) {
    self.name = name
    self.reason = reason
  }

  public var description: String { "\(name): \(reason)" }
}
