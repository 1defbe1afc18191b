import Events
import Sessions

// `DocumentEventData`, `Document` and `Value` of google/events/cloud/firestore/v1/data.proto, by the
// numbers of their fields.
extension DocumentChange {
  init(protobuf bytes: [UInt8]) throws(SessionValueError) {
    var message = ProtobufReader(bytes[...])
    while let field = try message.next() {
      switch field.number {
      case 1: after = try Self.document(field.content, "value")
      case 2: before = try Self.document(field.content, "oldValue")
      default: break
      }
    }
  }

  private static func document(
    _ content: ProtobufReader.Content, _ member: String
  ) throws(SessionValueError) -> SessionDocument {
    do throws(SessionValueError) {
      return try SessionDocument(protobuf: try content.message)
    } catch { throw error.inside(member) }
  }
}

extension SessionDocument {
  fileprivate init(protobuf message: ProtobufReader) throws(SessionValueError) {
    self.init(name: "", fields: [:], createTime: "")
    var message = message
    while let field = try message.next() {
      switch field.number {
      case 1: name = try field.content.text
      case 2:
        do throws(SessionValueError) {
          let (key, value) = try SessionValue.entry(try field.content.message, depth: 1)
          fields[key] = value
        } catch { throw error.inside("fields") }
      case 3: createTime = try Timestamp(protobuf: try field.content.message).description
      default: break
      }
    }
    guard !name.isEmpty else { throw SessionValueError("it is missing").inside("name") }
  }
}

extension SessionValue {
  /// Firestore nests no deeper than 20 (https://firebase.google.com/docs/firestore/quotas).
  private static let deepest = 20

  /// An entry of a map: key=1, value=2.
  fileprivate static func entry(
    _ message: ProtobufReader, depth: Int
  ) throws(SessionValueError) -> (String, SessionValue) {
    var message = message
    var key = ""
    var value = SessionValue.null
    while let field = try message.next() {
      switch field.number {
      case 1: key = try field.content.text
      case 2:
        do throws(SessionValueError) {
          value = try SessionValue(protobuf: try field.content.message, depth: depth)
        } catch { throw error.inside(key) }
      default: break
      }
    }
    return (key, value)
  }

  private init(protobuf message: ProtobufReader, depth: Int) throws(SessionValueError) {
    guard depth <= Self.deepest + 1 else {
      throw SessionValueError("it nests deeper than \(Self.deepest) levels")
    }
    var message = message
    var value: SessionValue?
    while let field = try message.next() {
      switch field.number {
      case 1: value = .boolean(try field.content.integer != 0)
      case 2: value = .integer(try field.content.integer)
      case 3: value = .double(try field.content.double)
      case 5: value = .reference(try field.content.text)
      case 6: value = .map(try Self.members(try field.content.message, depth: depth))
      case 8: value = try Self.geoPoint(try field.content.message)
      case 9: value = .array(try Self.elements(try field.content.message, depth: depth))
      case 10: value = .timestamp(try Timestamp(protobuf: try field.content.message))
      case 11: value = .null
      case 17: value = .string(try field.content.text)
      case 18: value = .bytes(Array(try field.content.bytes))
      default: break
      }
    }
    guard let value else { throw SessionValueError("a value has no type") }
    self = value
  }

  private static func members(
    _ message: ProtobufReader, depth: Int
  ) throws(SessionValueError) -> [String: SessionValue] {
    var message = message
    var members: [String: SessionValue] = [:]
    while let field = try message.next() {
      guard field.number == 1 else { continue }
      let (key, value) = try entry(try field.content.message, depth: depth + 1)
      members[key] = value
    }
    return members
  }

  private static func elements(
    _ message: ProtobufReader, depth: Int
  ) throws(SessionValueError) -> [SessionValue] {
    var message = message
    var elements: [SessionValue] = []
    while let field = try message.next() {
      guard field.number == 1 else { continue }
      elements.append(try SessionValue(protobuf: try field.content.message, depth: depth + 1))
    }
    return elements
  }

  private static func geoPoint(
    _ message: ProtobufReader
  ) throws(SessionValueError) -> SessionValue {
    var message = message
    var latitude = 0.0
    var longitude = 0.0
    while let field = try message.next() {
      switch field.number {
      case 1: latitude = try field.content.double
      case 2: longitude = try field.content.double
      default: break
      }
    }
    return .geoPoint(latitude: latitude, longitude: longitude)
  }
}

extension Timestamp {
  /// `google.protobuf.Timestamp`: seconds=1, nanos=2. Firestore keeps microseconds and cuts off what is below.
  fileprivate init(protobuf message: ProtobufReader) throws(SessionValueError) {
    var message = message
    var seconds: Int64 = 0
    var nanoseconds: Int64 = 0
    while let field = try message.next() {
      switch field.number {
      case 1: seconds = try field.content.integer
      case 2: nanoseconds = try field.content.integer
      default: break
      }
    }
    // The years 1 to 9999 (google/protobuf/timestamp.proto).
    guard (-62_135_596_800...253_402_300_799).contains(seconds),
      (0..<1_000_000_000).contains(nanoseconds)
    else { throw SessionValueError("a moment is out of range") }
    self.init(microseconds: seconds * 1_000_000 + nanoseconds / 1_000)
  }
}
