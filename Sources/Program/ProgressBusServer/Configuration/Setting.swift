/// One setting: its names, its type and limits, its default. The table in the README, the output of
/// `check-config` and the reading of all sources go by these declarations.
public struct Setting: Sendable {
  public enum Kind: Sendable, Equatable {
    case text
    case integer(ClosedRange<Int>)
    case boolean
    /// One of these words.
    case choice([String])
    /// Texts, separated by commas; from a fixed set when one is given.
    case list(of: [String]? = nil)
  }

  /// The path in `progressbus.yaml`, for example `redis.url`.
  public let key: String
  /// The name of the environment variable.
  public let variable: String
  public let kind: Kind
  /// As one would write it in the environment; nil when there is none.
  public let defaultValue: String?
  /// Secrets are never printed.
  public let isSecret: Bool
  /// One sentence, with the unit.
  public let summary: String

  public init(
    _ key: String, variable: String? = nil, _ kind: Kind, default defaultValue: String? = nil,
    secret isSecret: Bool = false, _ summary: String
  ) {
    self.key = key
    self.variable =
      variable ?? "PROGRESSBUS_" + key.uppercased().replacing(".", with: "_")
    self.kind = kind
    self.defaultValue = defaultValue
    self.isSecret = isSecret
    self.summary = summary
  }
}

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
