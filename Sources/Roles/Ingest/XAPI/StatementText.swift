import Events
import Foundation

/// The forms that texts in a statement have.
enum StatementText: Sendable {
  case any
  case uuid
  /// RFC 3987: a scheme and something behind it.
  case iri
  /// RFC 3339, without an offset of minus zero.
  case timestamp
  /// ISO 8601.
  case duration
  /// RFC 5646.
  case languageTag
  /// `mailto:` and one address.
  case mailbox
  /// SHA-1 of a mailbox, in hexadecimal.
  case mailboxDigest
  /// `1.0.x` or `2.0.x`.
  case version

  /// - Returns: what it must be, where it is not.
  func fault(of text: String) -> String? {
    switch self {
    case .any: nil
    case .uuid: EventID(text) == nil ? "must be a UUID" : nil
    case .iri: Self.isIRI(text) ? nil : "must be an IRI with its scheme"
    case .timestamp:
      Timestamp(rfc3339: text.utf8) == nil
        || ["-00:00", "-0000", "-00"].contains(where: text.hasSuffix)
        ? "must be a date and time of RFC 3339" : nil
    case .duration: StatementDuration(text) == nil ? "must be a duration of ISO 8601" : nil
    case .languageTag: Self.isLanguageTag(text) ? nil : "must be a language tag of RFC 5646"
    case .mailbox: Self.isMailbox(text) ? nil : "must be mailto: and an address"
    case .mailboxDigest:
      text.utf8.count == 40 && text.utf8.allSatisfy { hexadecimal.contains($0) }
        ? nil : "must be 40 hexadecimal digits"
    case .version:
      text == "1.0" || StatementExchange.version(text) == nil ? "must be 1.0.x or 2.0.x" : nil
    }
  }

  static func isIRI(_ text: String) -> Bool {
    let bytes = text.utf8
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), let first = bytes.first,
      isLetter(first), bytes.index(after: colon) < bytes.endIndex
    else { return false }
    return bytes[..<colon].allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
      // Not in an IRI, nor percent-encoded there by whoever wrote it.
      && bytes.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"<>\"{}|\\^`".utf8.contains($0) }
  }

  static func isLanguageTag(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    return parts.allSatisfy { part in
      (1...8).contains(part.utf8.count) && part.utf8.allSatisfy { isLetter($0) || isDigit($0) }
    } && (parts.first?.utf8.allSatisfy(isLetter) ?? false)
  }

  private static func isMailbox(_ text: String) -> Bool {
    guard text.hasPrefix("mailto:") else { return false }
    let parts = text.dropFirst(7).split(separator: "@", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F } }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

private let hexadecimal = Set("0123456789abcdefABCDEF".utf8)
