import Events
import Foundation

/// How values stand in a `google.protobuf.Struct`, which holds null, booleans, doubles, texts, lists and
/// maps alone.
///
/// Firestore's own types have a declared form, a map with one member: `{"$timestamp":"…Z"}`,
/// `{"$bytes":"…"}` (base64), `{"$reference":"projects/…"}`, `{"$geoPoint":[latitude,longitude]}`. The way
/// back undoes it. A number that a double cannot hold, and a map that looks like a declared form, are
/// reported and not bent.
public enum StructForm {
  /// Whole numbers beyond it are no longer exact in a double.
  public static let largestExactInteger: Int64 = 1 << 53

  /// - Parameter place: where the value stands, for the error.
  /// - Throws: what does not fit, and where.
  public static func encode(
    _ value: SessionValue, at place: String
  ) throws(SessionValueError) -> SessionValue {
    switch value {
    case .null, .boolean, .string: return value
    case .integer(let integer):
      guard (-largestExactInteger...largestExactInteger).contains(integer) else {
        throw SessionValueError("\(place): a whole number beyond 2^53 is not exact in a Struct")
      }
      return value
    case .double(let double):
      guard double.isFinite else {
        throw SessionValueError("\(place): NaN and infinities are no numbers of a Struct")
      }
      return value
    case .array(let elements):
      var encoded: [SessionValue] = []
      encoded.reserveCapacity(elements.count)
      for (index, element) in elements.enumerated() {
        encoded.append(try encode(element, at: "\(place)[\(index)]"))
      }
      return .array(encoded)
    case .map(let members): return .map(try encode(members, at: place))
    case .timestamp, .bytes, .reference, .geoPoint: return declared(value)
    }
  }

  /// The same for the members of a map.
  public static func encode(
    _ members: [String: SessionValue], at place: String
  ) throws(SessionValueError) -> [String: SessionValue] {
    if members.count == 1, let name = members.keys.first, Names.all.contains(name) {
      throw SessionValueError("\(place): \(name) is the name of a declared form")
    }
    var encoded: [String: SessionValue] = [:]
    encoded.reserveCapacity(members.count)
    for (name, value) in members {
      encoded[name] = try encode(value, at: "\(place).\(SessionState.shown(key: name))")
    }
    return encoded
  }

  /// Undoes the declared forms. What only looks like one stays as it is.
  public static func decode(_ value: SessionValue) -> SessionValue {
    switch value {
    case .array(let elements): .array(elements.map(decode))
    case .map(let members): undeclared(members) ?? .map(members.mapValues(decode))
    default: value
    }
  }

  /// The declared form of what a Struct has no type for, and of what JSON has no number for.
  static func declared(_ value: SessionValue) -> SessionValue {
    switch value {
    case .timestamp(let timestamp): .map([Names.timestamp: .string(timestamp.description)])
    case .bytes(let bytes): .map([Names.bytes: .string(Data(bytes).base64EncodedString())])
    case .reference(let name): .map([Names.reference: .string(name)])
    case .geoPoint(let latitude, let longitude):
      .map([Names.geoPoint: .array([.double(latitude), .double(longitude)])])
    case .double(let double): .map([Names.double: .string("\(double)")])
    default: value
    }
  }

  private static func undeclared(_ members: [String: SessionValue]) -> SessionValue? {
    guard members.count == 1, let (name, value) = members.first else { return nil }
    switch (name, value) {
    case (Names.timestamp, .string(let text)):
      return Timestamp(rfc3339: text.utf8).map { .timestamp($0) }
    case (Names.bytes, .string(let text)):
      return Data(base64Encoded: text).map { .bytes(Array($0)) }
    case (Names.reference, .string(let text)): return .reference(text)
    case (Names.geoPoint, .array(let pair)):
      guard pair.count == 2, let latitude = pair[0].number, let longitude = pair[1].number else {
        return nil
      }
      return .geoPoint(latitude: latitude, longitude: longitude)
    default: return nil
    }
  }

  private enum Names {
    static let timestamp = "$timestamp"
    static let bytes = "$bytes"
    static let reference = "$reference"
    static let geoPoint = "$geoPoint"
    static let double = "$double"
    static let all: Set<String> = [timestamp, bytes, reference, geoPoint, double]
  }
}
