public import Events

/// A value of a session's state or of an event: what JSON can hold, and what Firestore can hold beside it.
public enum SessionValue: Sendable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case double(Double)
  case string(String)
  case array([SessionValue])
  case map([String: SessionValue])
  // Firestore's own.
  case timestamp(Timestamp)
  case bytes([UInt8])
  /// The full name of a document.
  case reference(String)
  case geoPoint(latitude: Double, longitude: Double)

  /// The text, when it is one.
  public var text: String? { if case .string(let text) = self { text } else { nil } }
  /// The members, when it is a map.
  public var members: [String: SessionValue]? {
    if case .map(let members) = self { members } else { nil }
  }
  /// The elements, when it is an array.
  public var elements: [SessionValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }
  /// The number, when it is one.
  public var number: Double? {
    switch self {
    case .integer(let integer): Double(integer)
    case .double(let double): double
    default: nil
    }
  }

  public subscript(member: String) -> SessionValue? { members?[member] }
}

/// Numbers are alike by value: Agent Engine keeps a state as a `google.protobuf.Struct`, whose numbers
/// are doubles, and gives 5 back as `5` or as `5.0`. NaN is like NaN.
extension SessionValue: Equatable {
  public static func == (left: SessionValue, right: SessionValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.boolean(let left), .boolean(let right)): left == right
    case (.integer(let left), .integer(let right)): left == right
    case (.double(let left), .double(let right)):
      left == right || left.isNaN && right.isNaN
    // A double beyond 2^63 is no integer at all.
    case (.integer(let integer), .double(let double)), (.double(let double), .integer(let integer)):
      Int64(exactly: double) == integer
    case (.string(let left), .string(let right)):
      // Swift takes texts for equal that differ in their normal form; stores do not.
      left.utf8.elementsEqual(right.utf8)
    case (.array(let left), .array(let right)): left == right
    case (.map(let left), .map(let right)): left == right
    case (.timestamp(let left), .timestamp(let right)): left == right
    case (.bytes(let left), .bytes(let right)): left == right
    case (.reference(let left), .reference(let right)): left == right
    case (.geoPoint(let left1, let left2), .geoPoint(let right1, let right2)):
      left1 == right1 && left2 == right2
    default: false
    }
  }
}

/// Why a value cannot be kept or read. Names members, never what they hold.
public struct SessionValueError: Error, Sendable, Equatable, CustomStringConvertible {
  private static let longestName = 64

  private let reason: String
  /// The outermost member first.
  private var place: [String] = []

  public init(_ reason: String) { self.reason = reason }

  /// The same error of the same value, which is a member of another.
  public func inside(_ member: String) -> SessionValueError {
    var error = self
    error.place.insert(String(member.prefix(Self.longestName)), at: 0)
    return error
  }

  /// With the place in front, `/fields/status: a value has no type`.
  public var description: String {
    place.isEmpty ? reason : place.map { "/\($0)" }.joined() + ": " + reason
  }
}
