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
