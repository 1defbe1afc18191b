import Foundation

/// A text that equals only the very same bytes, as in the database. Swift's own comparison holds
/// composed and decomposed letters equal, which would make one of two learners.
public struct ExactText: Hashable, Sendable {
  public let text: String

  public init(_ text: String) { self.text = text }

  public static func == (left: ExactText, right: ExactText) -> Bool {
    left.text.isSame(right.text)
  }

  public func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension String {
  /// Whether both have the very same bytes.
  public func isSame(_ other: String) -> Bool {
    let same = utf8.withContiguousStorageIfAvailable { left in
      other.utf8.withContiguousStorageIfAvailable { right in
        guard left.count == right.count else { return false }
        guard let leftStart = left.baseAddress, let rightStart = right.baseAddress else {
          return left.isEmpty
        }
        return memcmp(leftStart, rightStart, left.count) == 0
      }
    }
    // Texts that come from elsewhere than Swift may have no storage of their own.
    guard let same, let same else { return utf8.elementsEqual(other.utf8) }
    return same
  }

  /// The order of the collation "C": byte by byte.
  public func precedes(_ other: String) -> Bool {
    utf8.lexicographicallyPrecedes(other.utf8)
  }
}
