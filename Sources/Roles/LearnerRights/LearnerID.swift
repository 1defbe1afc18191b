import Foundation
import JSONText
import NIOCore

/// A learner's id, in the forms in which stores may have it.
public struct LearnerID: Sendable, Equatable {
  /// In Unicode's normal form C: what the ingest makes of every id.
  public let composed: String
  /// That and, where they differ, the id as it was given and with its marks apart: rows from before ids were
  /// normalised, or that another program wrote, may have these.
  public let forms: [String]

  /// Nil for a text that is no id.
  public init?(_ text: String) {
    guard !text.isEmpty, !text.utf8.contains(0), text.unicodeScalars.count <= 1024 else {
      return nil
    }
    composed = text.composed
    var forms: [String] = []
    for form in [composed, text, text.decomposedStringWithCanonicalMapping]
    // Swift takes two forms of one text for equal, and databases do not.
    where !forms.contains(where: { $0.utf8.elementsEqual(form.utf8) }) {
      forms.append(form)
    }
    self.forms = forms
  }

  /// Whether a text of any kind holds the id, as it is or as a JSON string writes it.
  func isSpelt(in text: ByteBuffer) -> Bool {
    let text = String(buffer: text)
    return forms.contains { form in
      var escaped: [UInt8] = []
      JSONEscaping.append(form, to: &escaped)
      return text.contains(form)
        || text.contains(String(decoding: escaped.dropFirst().dropLast(), as: UTF8.self))
    }
  }
}
