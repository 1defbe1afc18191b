import Foundation

/// Where a page ended: the sort key of its last item, as one opaque word. Pages stay right when items
/// come and go between them.
public enum Cursor {
  /// Base64url (RFC 4648 section 5) of the parts as a JSON array.
  public static func make(_ parts: [String]) -> String {
    // An array of strings can always be encoded.
    let data = (try? JSONEncoder().encode(parts)) ?? Data()
    return data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }

  /// Nil for what `make` did not make.
  public static func parts(of cursor: String) -> [String]? {
    guard cursor.utf8.count <= 4096 else { return nil }
    let plain = cursor.replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
    return Data(base64Encoded: plain + padding).flatMap {
      try? JSONDecoder().decode([String].self, from: $0)
    }
  }
}
