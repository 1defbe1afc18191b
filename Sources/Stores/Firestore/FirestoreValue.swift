import Events
import Foundation
import JSONText
public import Sessions

/// Firestore's typed JSON (`Value` of the REST API), written and read.
public enum FirestoreValue {
  /// Appends the fields of a document or a map: `{"name":{"stringValue":…},…}`.
  static func append(fields: [String: SessionValue], to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    var isFirst = true
    for (name, value) in fields {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      JSONEscaping.append(name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      append(value, to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  static func append(_ value: SessionValue, to bytes: inout [UInt8]) {
    switch value {
    case .null: bytes += #"{"nullValue":null}"#.utf8
    case .boolean(let flag): bytes += #"{"booleanValue":\#(flag)}"#.utf8
    case .integer(let integer): bytes += #"{"integerValue":"\#(integer)"}"#.utf8
    case .double(let double):
      // Not a number, and the infinities, are texts in JSON.
      let text =
        double.isNaN
        ? #""NaN""#
        : double.isInfinite
          ? (double < 0 ? #""-Infinity""# : #""Infinity""#)
          : "\(double)"
      bytes += #"{"doubleValue":\#(text)}"#.utf8
    case .string(let text):
      bytes += #"{"stringValue":"#.utf8
      JSONEscaping.append(text, to: &bytes)
      bytes.append(UInt8(ascii: "}"))
    case .array(let elements):
      bytes += #"{"arrayValue":{"values":["#.utf8
      for (place, element) in elements.enumerated() {
        if place > 0 { bytes.append(UInt8(ascii: ",")) }
        append(element, to: &bytes)
      }
      bytes += "]}}".utf8
    case .map(let members):
      bytes += #"{"mapValue":{"fields":"#.utf8
      append(fields: members, to: &bytes)
      bytes += "}}".utf8
    case .timestamp(let timestamp): bytes += #"{"timestampValue":"\#(timestamp)"}"#.utf8
    case .bytes(let data):
      bytes += #"{"bytesValue":"\#(Data(data).base64EncodedString())"}"#.utf8
    case .reference(let name):
      bytes += #"{"referenceValue":"#.utf8
      JSONEscaping.append(name, to: &bytes)
      bytes.append(UInt8(ascii: "}"))
    case .geoPoint(let latitude, let longitude):
      bytes +=
        #"{"geoPointValue":{"latitude":\#(latitude),"longitude":\#(longitude)}}"#.utf8
    }
  }

  /// - Parameter fields: `fields` of a document or a map; nil when it has none.
  /// - Throws: what is no value of Firestore.
  public static func decode(
    fields: SessionValue?
  ) throws(SessionValueError) -> [String: SessionValue] {
    let members: [String: SessionValue]
    switch fields {
    case nil, .null: return [:]
    case .map(let map): members = map
    default: throw SessionValueError("no object")
    }
    var decoded: [String: SessionValue] = [:]
    decoded.reserveCapacity(members.count)
    for (name, value) in members {
      do throws(SessionValueError) { decoded[name] = try decode(value) } catch {
        throw error.inside(name)
      }
    }
    return decoded
  }

  static func decode(_ value: SessionValue) throws(SessionValueError) -> SessionValue {
    guard let members = value.members, members.count == 1, let (kind, content) = members.first
    else { throw SessionValueError("a value has no type, or several") }
    let decoded: SessionValue? =
      switch (kind, content) {
      case ("nullValue", _): .null
      case ("booleanValue", .boolean): content
      case ("integerValue", .integer): content
      case ("integerValue", .string(let text)): Int64(text).map { .integer($0) }
      case ("doubleValue", .integer(let integer)): .double(Double(integer))
      case ("doubleValue", .double): content
      case ("doubleValue", .string(let text)): nonFinite(text).map { .double($0) }
      case ("stringValue", .string): content
      case ("timestampValue", .string(let text)):
        Timestamp(rfc3339: text.utf8).map { .timestamp($0) }
      case ("bytesValue", .string(let text)):
        Data(base64Encoded: text).map { .bytes(Array($0)) }
      case ("referenceValue", .string(let text)): .reference(text)
      case ("geoPointValue", .map(let point)):
        // A coordinate of 0 may be left out.
        .geoPoint(
          latitude: point["latitude"]?.number ?? 0, longitude: point["longitude"]?.number ?? 0)
      case ("arrayValue", .map(let array)):
        .array(try elements(array["values"]))
      case ("mapValue", .map(let map)): .map(try decode(fields: map["fields"]))
      default: nil
      }
    guard let decoded else {
      throw SessionValueError("a value of the kind \(kind.prefix(32)) is malformed or not known")
    }
    return decoded
  }

  private static func elements(
    _ values: SessionValue?
  ) throws(SessionValueError) -> [SessionValue] {
    var decoded: [SessionValue] = []
    for (place, value) in (values?.elements ?? []).enumerated() {
      do throws(SessionValueError) { decoded.append(try decode(value)) } catch {
        throw error.inside("\(place)")
      }
    }
    return decoded
  }

  private static func nonFinite(_ text: String) -> Double? {
    switch text {
    case "NaN": .nan
    case "Infinity": .infinity
    case "-Infinity": -.infinity
    default: Double(text)
    }
  }

  /// Whether Firestore takes it: it has no list directly in a list.
  static func holdsNestedList(_ value: SessionValue) -> Bool {
    switch value {
    case .array(let elements):
      elements.contains { $0.elements != nil || holdsNestedList($0) }
    case .map(let members): members.values.contains(where: holdsNestedList)
    default: false
    }
  }
}

/// The name of a field in a mask or a query.
enum FieldPath {
  /// Names outside `[A-Za-z_][A-Za-z0-9_]*` stand in backquotes
  /// (`StructuredQuery.FieldReference` of the REST API).
  static func quote(_ name: String) -> String {
    let isPlain = name.utf8.enumerated().allSatisfy { place, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "_"):
        true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): place > 0
      default: false
      }
    }
    guard !isPlain || name.isEmpty else { return name }
    return "`" + name.replacing("\\", with: "\\\\").replacing("`", with: "\\`") + "`"
  }

  static func join(_ names: String...) -> String { names.map(quote).joined(separator: ".") }
}
