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
