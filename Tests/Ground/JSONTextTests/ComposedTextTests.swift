import Foundation
import JSONText
import Testing

struct ComposedTextTests {
  private func isCertain(_ text: String) -> Bool {
    Array(text.utf8).withUnsafeBytes { ComposedText.isCertain($0) }
  }

  @Test(arguments: [
    ("cafe\u{301}.ipynb", "caf\u{e9}.ipynb"), ("\u{304B}\u{3099}", "\u{304C}"),
    ("\u{30CF}\u{309A}", "\u{30D1}"), ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"),
    ("\u{AC00}\u{11A8}", "\u{AC01}"), ("\u{212B}", "\u{C5}"), ("A\u{30A}", "\u{C5}"),
    ("\u{2126}", "\u{3A9}"), ("\u{F900}", "\u{8C48}"), ("q\u{307}\u{323}", "q\u{323}\u{307}"),
    ("o\u{302}\u{301}", "\u{1ED1}"), ("\u{958}", "\u{915}\u{93C}"), ("\u{2000}", "\u{2002}"),
    ("\u{1D15E}", "\u{1D157}\u{1D165}"), ("\u{2F800}", "\u{4E3D}"),
  ])
  func bothFormsOfANameAreOne(text: String, composed: String) {
    #expect(Array(text.composed.unicodeScalars) == Array(composed.unicodeScalars))
    #expect(Array(composed.composed.unicodeScalars) == Array(composed.unicodeScalars))
    #expect(!isCertain(text))
  }

  @Test(arguments: [
    "", "plain.ipynb", "Grüße aus Łódź", "レッスン/01 変数・ガイド.ipynb", "한국어 수업", "\u{1F600} emoji",
    "“quoted” – dash…",
    "ＦＵＬＬ　ｗｉｄｔｈ", "\u{20BB7}野家",
  ])
  func whatNamesAreMadeOfIsKnownAtAGlance(text: String) {
    #expect(isCertain(text))
    #expect(text.composed.utf8.elementsEqual(text.utf8))
  }

  /// Every scalar that the ranges hold is its own normal form, and so is any two of them beside each other.
  @Test func nothingInTheRangesHasAnotherForm() {
    for value in UInt32(0x80)...0x2EFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = String(Character(scalar))
      guard isCertain(text) else { continue }
      #expect(
        scalar.properties.canonicalCombiningClass == .notReordered, "U+\(String(value, radix: 16))")
      for front in ["", "a", "\u{304B}", "\u{AC00}"] {
        let whole = front + text
        guard
          whole.decomposedStringWithCanonicalMapping
            .precomposedStringWithCanonicalMapping.utf8.elementsEqual(whole.utf8)
        else {
          Issue.record("U+\(String(value, radix: 16)) behind \(front)")
          return
        }
      }
    }
  }
}
