import Foundation

/// The parameters in the query of a request's target, as forms and `URLSearchParams` write them
/// (https://url.spec.whatwg.org/#urlencoded-parsing): `+` is a space, and a plus is `%2B`. In a path, where that form
/// is not known, `+` is a plus. The one reading of queries, for routes and for the WebSocket.
public struct QueryParameters: Sendable {
  public struct Fault: Error, Equatable, Sendable {
    /// The parameter at fault.
    public let parameter: String
    /// What is wrong with it, to be read behind its name.
    public let reason: String

    public init(parameter: String, reason: String) {
      self.parameter = parameter
      self.reason = reason
    }
  }

  private var values: [String: String] = [:]

  /// - Parameters:
  ///   - query: behind the question mark.
  ///   - names: those to look at; nil for all.
  /// - Throws: for a parameter that is not percent-encoded UTF-8 or is given twice.
  public init(_ query: some StringProtocol, names: Set<String>? = nil) throws(Fault) {
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = Self.decoded(parts[0]) ?? String(parts[0])
      if let names, !names.contains(name) { continue }
      guard let value = parts.count == 2 ? Self.decoded(parts[1]) : "" else {
        throw Fault(parameter: name, reason: "is not percent-encoded UTF-8")
      }
      guard values.updateValue(value, forKey: name) == nil else {
        throw Fault(parameter: name, reason: "is given more than once")
      }
    }
  }

  /// Of all that are given.
  public var names: some Collection<String> { values.keys }

  /// Nil when it is not given, or empty.
  public subscript(name: String) -> String? {
    guard let value = values[name], !value.isEmpty else { return nil }
    return value
  }

  private static func decoded(_ text: some StringProtocol) -> String? {
    String(text).replacing("+", with: "%20").removingPercentEncoding
  }
}
