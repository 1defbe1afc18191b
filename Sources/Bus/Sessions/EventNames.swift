import Foundation

/// The two spellings of an event's names: `turn_complete`, which ADK keeps in Firestore, and
/// `turnComplete`, which it sends to Agent Engine. Names that users give stay as they are: the keys of a
/// state, of a tool's arguments and of its answer.
public enum EventNames {
  /// Members below which all names are the users'.
  private static let free: Set<String> = [
    "stateDelta", "artifactDelta", "args", "response", "customMetadata", "partMetadata",
    "agentState", "output", "setModelResponse", "payload",
  ]
  /// Members whose own keys are ids, with known names below them.
  private static let keyed: Set<String> = ["requestedAuthConfigs", "requestedToolConfirmations"]

  /// All known names as `turnComplete`, and without nulls, which stand for what is not there.
  public static func camelCased(_ object: [String: SessionValue]) -> [String: SessionValue] {
    convert(object, camelCase)
  }

  /// All known names as `turn_complete`.
  public static func snakeCased(_ object: [String: SessionValue]) -> [String: SessionValue] {
    convert(object, snakeCase)
  }

  private static func convert(
    _ object: [String: SessionValue], _ spell: (String) -> String
  ) -> [String: SessionValue] {
    var converted: [String: SessionValue] = [:]
    converted.reserveCapacity(object.count)
    for (name, value) in object where value != .null {
      let known = camelCase(name)
      if free.contains(known) {
        converted[spell(name)] = value
      } else if keyed.contains(known), let entries = value.members {
        converted[spell(name)] = .map(entries.mapValues { convert($0, spell) })
      } else {
        converted[spell(name)] = convert(value, spell)
      }
    }
    return converted
  }

  private static func convert(
    _ value: SessionValue, _ spell: (String) -> String
  ) -> SessionValue {
    switch value {
    case .map(let members): .map(convert(members, spell))
    case .array(let elements): .array(elements.map { convert($0, spell) })
    // In ADK's JSON bytes are a text, in the URL-safe alphabet.
    case .bytes(let bytes): .string(urlSafeBase64(bytes))
    default: value
    }
  }

  private static func urlSafeBase64(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
  }

  static func camelCase(_ name: String) -> String {
    guard name.utf8.contains(UInt8(ascii: "_")) else { return name }
    var spelled: [UInt8] = []
    var isRaised = false
    for byte in name.utf8 {
      if byte == UInt8(ascii: "_"), !spelled.isEmpty {
        isRaised = true
      } else {
        let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        spelled.append(isRaised && isLetter ? byte - 32 : byte)
        isRaised = false
      }
    }
    return String(decoding: spelled, as: UTF8.self)
  }

  static func snakeCase(_ name: String) -> String {
    var spelled: [UInt8] = []
    for byte in name.utf8 {
      if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) {
        spelled += [UInt8(ascii: "_"), byte + 32]
      } else {
        spelled.append(byte)
      }
    }
    return String(decoding: spelled, as: UTF8.self)
  }
}
