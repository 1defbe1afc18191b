import Foundation
public import Hummingbird

/// The parameters of a request, checked. Each error names its parameter.
public struct RequestParameters {
  /// Items of a page.
  public static let maximumLimit = 1000
  public static let defaultLimit = 200

  private let path: Parameters
  private let query: [String: String]

  /// - Throws: `Problem` for a query that is not percent-encoded UTF-8 or gives a parameter twice.
  public init(_ request: Request, _ context: some RequestContext) throws(Problem) {
    path = context.parameters
    var query: [String: String] = [:]
    for pair in (request.uri.query ?? "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      // Forms and URLSearchParams write a space as a plus sign.
      let encoded = parts.count == 2 ? parts[1].replacing("+", with: "%20") : ""
      guard let value = encoded.removingPercentEncoding else {
        throw .badRequest("\(name) is not percent-encoded UTF-8")
      }
      guard query.updateValue(value, forKey: name) == nil else {
        throw .badRequest("\(name) is given more than once")
      }
    }
    self.query = query
  }

  /// A segment of the path.
  public func text(inPath name: String, maximumLength: Int) throws(Problem) -> String {
    guard let value = path.get(name)?.removingPercentEncoding else {
      throw .badRequest("\(name) is not percent-encoded UTF-8")
    }
    return try checked(value, name, maximumLength: maximumLength)
  }

  /// Nil when it is not given, or empty.
  ///
  /// - Parameter maximumLength: in Unicode scalars.
  public func text(_ name: String, maximumLength: Int) throws(Problem) -> String? {
    guard let value = query[name], !value.isEmpty else { return nil }
    return try checked(value, name, maximumLength: maximumLength)
  }

  /// The default when it is not given, or empty.
  public func integer(
    _ name: String, in range: ClosedRange<Int>, default value: Int
  ) throws(Problem) -> Int {
    guard let text = query[name], !text.isEmpty else { return value }
    guard let number = Int(text), range.contains(number) else {
      throw .badRequest(
        "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// How many items a page may have.
  public func limit() throws(Problem) -> Int {
    try integer("limit", in: 1...Self.maximumLimit, default: Self.defaultLimit)
  }

  /// The parts of `cursor`; nil on the first page.
  public func cursor(parts count: Int) throws(Problem) -> [String]? {
    guard let text = query["cursor"], !text.isEmpty else { return nil }
    guard let parts = Cursor.parts(of: text), parts.count == count else {
      throw .badRequest("cursor must be the next_cursor of an answer to the same request")
    }
    return parts
  }

  private func checked(
    _ value: String, _ name: String, maximumLength: Int
  ) throws(Problem) -> String {
    guard !value.isEmpty, value.unicodeScalars.count <= maximumLength else {
      throw .badRequest("\(name) must have 1 to \(maximumLength) characters")
    }
    guard !value.utf8.contains(0) else { throw .badRequest("\(name) holds a NUL character") }
    return value
  }
}
