/// Undoes the escapes of a scanned string.
public enum JSONString {
  /// The value of the string whose bytes, without the quotes, are `raw`.
  ///
  /// - Precondition: the scanner found it well-formed and without a lone surrogate.
  public static func decode(_ raw: UnsafeRawBufferPointer, isEscaped: Bool) -> String {
    guard isEscaped else { return String(decoding: raw, as: UTF8.self) }
    return String(unsafeUninitializedCapacity: raw.count) { buffer in
      var count = 0
      unescape(raw) { byte in
        buffer[count] = byte
        count += 1
      }
      return count
    }
  }

  /// Hands the bytes of the string's value, in UTF-8, to `emit`, one after the other; there are never
  /// more than in `raw`.
  @inlinable
  public static func unescape(_ raw: UnsafeRawBufferPointer, _ emit: (UInt8) -> Void) {
    var position = 0
    while position < raw.count {
      let byte = raw[position]
      guard byte == UInt8(ascii: "\\") else {
        emit(byte)
        position += 1
        continue
      }
      position += 2
      switch raw[position - 1] {
      case UInt8(ascii: "b"): emit(0x08)
      case UInt8(ascii: "f"): emit(0x0C)
      case UInt8(ascii: "n"): emit(0x0A)
      case UInt8(ascii: "r"): emit(0x0D)
      case UInt8(ascii: "t"): emit(0x09)
      case UInt8(ascii: "u"):
        var value = UInt32(codeUnit(raw, at: position))
        position += 4
        if value & 0xFC00 == 0xD800, position + 6 <= raw.count {
          let low = UInt32(codeUnit(raw, at: position + 2))
          value = 0x10000 + (value & 0x3FF) << 10 + (low & 0x3FF)
          position += 6
        }
        for unit in UTF8.encode(Unicode.Scalar(value) ?? "\u{FFFD}")! { emit(unit) }
      case let other: emit(other)
      }
    }
  }

  @usableFromInline
  static func codeUnit(_ raw: UnsafeRawBufferPointer, at offset: Int) -> UInt16 {
    var unit: UInt16 = 0
    for index in offset..<offset + 4 {
      unit = unit << 4 | UInt16(hexadecimalValue(raw[index]) ?? 0)
    }
    return unit
  }
}

/// Reads the numbers of a scanned text.
public enum JSONNumber {
  /// A whole number, also when it is written with a fraction of zeros; nil when it is none or does
  /// not fit.
  public static func integer(_ text: UnsafeRawBufferPointer, isInteger: Bool) -> Int64? {
    guard isInteger else {
      let value = double(text)
      return value.magnitude < 0x1p53 ? Int64(exactly: value) : nil
    }
    guard text.count <= 20 else { return nil }
    let isNegative = text[0] == UInt8(ascii: "-")
    var value: Int64 = 0
    for byte in text[(isNegative ? 1 : 0)...] {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let digit = Int64(byte &- UInt8(ascii: "0"))
      let (sum, carry) = product.subtractingReportingOverflow(digit)
      if overflow || carry { return nil }
      value = sum
    }
    // Built up below zero, where Int64 reaches one further.
    return isNegative ? value : value == .min ? nil : -value
  }

  /// The nearest double, infinite when it is beyond all doubles.
  public static func double(_ text: UnsafeRawBufferPointer) -> Double {
    simpleDouble(text) ?? Double(String(decoding: text, as: UTF8.self)) ?? .infinity
  }

  /// Fifteen digits or fewer without an exponent: both the digits and the power of ten are exact
  /// doubles, so one division rounds correctly (Clinger, 1990).
  private static func simpleDouble(_ text: UnsafeRawBufferPointer) -> Double? {
    guard text.count <= 17 else { return nil }
    var digits: Int64 = 0
    var count = 0
    var divisor = 1.0
    var isFraction = false
    for byte in text {
      let digit = byte &- UInt8(ascii: "0")
      if digit < 10 {
        digits = digits * 10 + Int64(digit)
        count += 1
        if isFraction { divisor *= 10 }
      } else if byte == UInt8(ascii: ".") {
        isFraction = true
      } else if byte != UInt8(ascii: "-") {
        return nil
      }
    }
    guard count <= 15 else { return nil }
    let magnitude = Double(digits) / divisor
    return text[0] == UInt8(ascii: "-") ? -magnitude : magnitude
  }
}
