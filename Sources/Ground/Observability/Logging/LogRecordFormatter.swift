import Foundation
import Logging

/// Turns a log record into one line.
struct LogRecordFormatter: Sendable {
  static let redacted = "<redacted>"

  let format: LogFormat
  let redactedKeys: RedactedKeys

  private static let timestamp = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  /// - Parameter time: Printed in RFC 3339, UTC, to the millisecond.
  func line(
    label: String, level: Logger.Level, message: String, error: (any Error)?,
    metadata: Logger.Metadata, time: Date
  ) -> String {
    let shown = redacting(metadata, at: level).sorted { $0.key < $1.key }
    let time = time.formatted(Self.timestamp)
    let error = error.map { String(describing: $0) }
    return switch format {
    case .text: text(label, level, message, error, shown, time)
    case .json: json(label, level, message, error, shown, time)
    }
  }

  private func text(
    _ label: String, _ level: Logger.Level, _ message: String, _ error: String?,
    _ metadata: [(key: String, value: Logger.MetadataValue)], _ time: String
  ) -> String {
    var line =
      "\(time) \(level.rawValue.uppercased()) \(LogEscaping.escaped(label, quotes: false)): "
    line += LogEscaping.escaped(message, quotes: false)
    for (key, value) in metadata {
      line += " \(word(key))=\(word(value.description))"
    }
    if let error { line += " error=\(word(error))" }
    return line
  }

  /// Quoted when it would not read as one word.
  private func word(_ value: String) -> String {
    let isPlain =
      !value.isEmpty && value.unicodeScalars.allSatisfy { $0 != " " && $0 != "=" && $0 != "\"" }
    let escaped = LogEscaping.escaped(value, quotes: !isPlain)
    return isPlain ? escaped : "\"\(escaped)\""
  }

  private func json(
    _ label: String, _ level: Logger.Level, _ message: String, _ error: String?,
    _ metadata: [(key: String, value: Logger.MetadataValue)], _ time: String
  ) -> String {
    var line = "{\"time\":\(string(time)),\"level\":\(string(level.rawValue))"
    line += ",\"logger\":\(string(label)),\"message\":\(string(message))"
    if let error { line += ",\"error\":\(string(error))" }
    if !metadata.isEmpty { line += ",\"metadata\":\(object(metadata))" }
    return line + "}"
  }

  private func object(_ metadata: [(key: String, value: Logger.MetadataValue)]) -> String {
    "{" + metadata.map { "\(string($0.key)):\(value($0.value))" }.joined(separator: ",") + "}"
  }

  private func value(_ value: Logger.MetadataValue) -> String {
    switch value {
    case .string(let text): string(text)
    case .stringConvertible(let convertible): string(convertible.description)
    case .array(let values): "[" + values.map(self.value).joined(separator: ",") + "]"
    case .dictionary(let members): object(members.sorted { $0.key < $1.key })
    }
  }

  private func string(_ value: String) -> String {
    "\"\(LogEscaping.escaped(value, quotes: true))\""
  }

  private func redacting(_ metadata: Logger.Metadata, at level: Logger.Level) -> Logger.Metadata {
    level <= .debug ? metadata : redacting(metadata)
  }

  private func redacting(_ metadata: Logger.Metadata) -> Logger.Metadata {
    var result = metadata
    for (key, value) in metadata {
      result[key] = redactedKeys.contains(key) ? .string(Self.redacted) : redacting(value)
    }
    return result
  }

  private func redacting(_ value: Logger.MetadataValue) -> Logger.MetadataValue {
    switch value {
    case .dictionary(let members): .dictionary(redacting(members))
    case .array(let values): .array(values.map(redacting))
    case .string, .stringConvertible: value
    }
  }
}

/// How a log record is printed.
public enum LogFormat: String, Sendable, CaseIterable {
  /// For people: time, level, logger, message, then `key=value`.
  case text
  /// For machines: one JSON object a line.
  case json
}

/// Keeps what is printed on its line, whatever a client put into a value.
public enum LogEscaping {
  /// Control characters and Unicode's other line ends as escapes.
  public static func escaped(_ value: String, quotes: Bool) -> String {
    guard value.unicodeScalars.contains(where: { needsEscape($0, quotes: quotes) }) else {
      return value
    }
    var result = ""
    for scalar in value.unicodeScalars {
      guard needsEscape(scalar, quotes: quotes) else {
        result.unicodeScalars.append(scalar)
        continue
      }
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      default:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return result
  }

  private static func needsEscape(_ scalar: Unicode.Scalar, quotes: Bool) -> Bool {
    switch scalar.value {
    // C0, DEL and C1 (a terminal obeys them), line and paragraph separators, and the controls that
    // turn the direction of text.
    case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
    case 0x22: quotes
    case 0x5C: true
    default: false
    }
  }
}
