/// Writes text as a JSON string (RFC 8259, section 7): quotes, backslashes and control characters are
/// escaped, everything else stays as it is.
public enum JSONEscaping {
  /// Appends the text between quotes.
  @inlinable
  public static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { text in
      forEachRun(of: UnsafeRawBufferPointer(text)) { bytes.append(contentsOf: $0) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Hands over what stands between the quotes, run by run, for bytes that are kept elsewhere than in an
  /// array. A text without escapes, as nearly every one is, is one run.
  ///
  /// - Parameters:
  ///   - text: UTF-8; it is not checked.
  ///   - body: gets bytes that are valid during the call.
  @inlinable
  public static func forEachRun(
    of text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    var start = 0
    for (place, byte) in text.enumerated() where needsEscape(byte) {
      if start < place { body(UnsafeRawBufferPointer(rebasing: text[start..<place])) }
      withEscape(of: byte, body)
      start = place + 1
    }
    if start < text.count { body(UnsafeRawBufferPointer(rebasing: text[start...])) }
  }

  @inlinable
  static func needsEscape(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x22 || byte == 0x5C }

  @usableFromInline
  static func withEscape(of byte: UInt8, _ body: (UnsafeRawBufferPointer) -> Void) {
    let short: UInt8? =
      switch byte {
      case 0x22, 0x5C: byte
      case 0x08: UInt8(ascii: "b")
      case 0x09: UInt8(ascii: "t")
      case 0x0A: UInt8(ascii: "n")
      case 0x0C: UInt8(ascii: "f")
      case 0x0D: UInt8(ascii: "r")
      default: nil
      }
    let backslash = UInt8(ascii: "\\")
    if let short { return withUnsafeBytes(of: (backslash, short), body) }
    let zero = UInt8(ascii: "0")
    let escape = (
      backslash, UInt8(ascii: "u"), zero, zero, zero + byte >> 4, hexadecimalDigit(byte & 15)
    )
    withUnsafeBytes(of: escape, body)
  }

  private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}
