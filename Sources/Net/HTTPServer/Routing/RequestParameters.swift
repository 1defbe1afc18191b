import Foundation
public import Hummingbird
import JSONText

/// The parameters of a request, checked. Each error names its parameter. Texts are in Unicode's normal form C, as names
/// in events are.
public struct RequestParameters {
  /// Items of a page.
  public static let maximumLimit = 1000
  public static let defaultLimit = 200

  private let path: Parameters
  private let query: QueryParameters

  /// - Throws: `Problem` for a query that is not percent-encoded UTF-8 or gives a parameter twice.
  public init(_ request: Request, _ context: some RequestContext) throws(Problem) {
    path = context.parameters
    do {
      query = try QueryParameters(request.uri.query ?? "")
    } catch {
      throw .badRequest("\(error.parameter) \(error.reason)")
    }
  }

  /// A segment of the path, where `+` is a plus.
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
    guard let value = query[name] else { return nil }
    return try checked(value, name, maximumLength: maximumLength)
  }

  /// The default when it is not given, or empty.
  public func integer(
    _ name: String, in range: ClosedRange<Int>, default value: Int
  ) throws(Problem) -> Int {
    guard let text = query[name] else { return value }
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
    guard let text = query["cursor"] else { return nil }
    guard let parts = Cursor.parts(of: text), parts.count == count else {
      throw .badRequest("cursor must be the next_cursor of an answer to the same request")
    }
    return parts
  }

  private func checked(
    _ value: String, _ name: String, maximumLength: Int
  ) throws(Problem) -> String {
    let value = value.composed
    guard !value.isEmpty, value.unicodeScalars.count <= maximumLength else {
      throw .badRequest("\(name) must have 1 to \(maximumLength) characters")
    }
    guard !value.utf8.contains(0) else { throw .badRequest("\(name) holds a NUL character") }
    return value
  }
}
