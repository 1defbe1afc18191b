import Foundation

/// Unicode's normal form C (UAX #15): a letter and its mark are one scalar where there is one. macOS names files in
/// the other form, so one name comes in both, and databases compare bytes.
public enum ComposedText {
  /// Whether UTF-8 is in normal form C, as far as a look at the scalars tells: none that combines with its neighbours
  /// or has another form is among the ranges below, which hold nearly all that names are made of. False says
  /// nothing.
  ///
  /// The ranges have `NFC_Quick_Check=Yes` and the combining class 0 throughout (DerivedNormalizationProps.txt,
  /// UnicodeData.txt).
  public static func isCertain(_ text: UnsafeRawBufferPointer) -> Bool {
    var place = 0
    while place < text.count {
      let lead = text[place]
      if lead < 0x80 {
        place += 1
        continue
      }
      let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
      guard place + length <= text.count else { return false }
      var scalar = UInt32(lead) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
      for offset in 1..<length { scalar = scalar << 6 | UInt32(text[place + offset]) & 0x3F }
      switch scalar {
      // Latin; punctuation; Japanese but for the marks that combine; Chinese; Korean syllables; full-width forms;
      // emoji; rarer Chinese.
      case 0x80...0x2FF, 0x2010...0x203F, 0x3000...0x3029, 0x3030...0x3098, 0x309B...0x9FFF,
        0xAC00...0xD7A3, 0xFF00...0xFFEF, 0x1F000...0x1FAFF, 0x20000...0x2EFFF:
        place += length
      default:
        return false
      }
    }
    return true
  }
}

extension String {
  /// The text in Unicode's normal form C.
  public var composed: String {
    var text = self
    let isComposed = text.withUTF8 { ComposedText.isCertain(UnsafeRawBufferPointer($0)) }
    if isComposed { return self }
    // Taken apart first: Foundation leaves a Korean syllable and the consonant that closes it apart when they come so
    // (U+AC00 U+11A8), although it joins all three parts.
    return decomposedStringWithCanonicalMapping.precomposedStringWithCanonicalMapping
  }
}
