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

/// Some items of a longer list, and where the next begin.
public struct PageOfItems<Item> {
  public let items: ArraySlice<Item>
  public let nextCursor: String?

  /// - Parameters:
  ///   - items: those behind the last page; may be longer than a page.
  ///   - cursor: the sort key of an item.
  public init(_ items: some Collection<Item>, limit: Int, cursor: (Item) -> [String]) {
    let page = Array(items.prefix(limit))
    self.items = page[...]
    nextCursor = items.count > limit ? page.last.map { Cursor.make(cursor($0)) } : nil
  }
}
