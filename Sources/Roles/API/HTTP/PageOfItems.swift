/// Some items of a longer list, and where the next begin.
struct PageOfItems<Item> {
  let items: ArraySlice<Item>
  let nextCursor: String?

  /// - Parameters:
  ///   - items: those behind the last page; may be longer than a page.
  ///   - cursor: the sort key of an item.
  init(_ items: some Collection<Item>, limit: Int, cursor: (Item) -> [String]) {
    let page = Array(items.prefix(limit))
    self.items = page[...]
    nextCursor = items.count > limit ? page.last.map { Cursor.make(cursor($0)) } : nil
  }
}

extension String {
  /// The order of the collation "C": byte by byte.
  func precedes(_ other: String) -> Bool {
    utf8.lexicographicallyPrecedes(other.utf8)
  }
}
