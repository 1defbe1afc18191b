/// A JSON text in the binary form in which PostgreSQL takes `jsonb`: a version byte, 1, and the text
/// (`jsonb_recv` in PostgreSQL's `jsonb.c`). Its length travels with it, so nothing scans it for a NUL
/// or escapes it.
public struct JSONBDocument: Sendable, Equatable {
  var wire: [UInt8]

  /// An empty document; append the JSON text piece by piece.
  ///
  /// - Parameter capacity: the text's expected length in bytes.
  public init(capacity: Int) {
    wire = []
    wire.reserveCapacity(capacity + 1)
    wire.append(1)
  }

  public init(_ text: String) {
    self.init(capacity: text.utf8.count)
    wire.append(contentsOf: text.utf8)
  }

  public mutating func append(_ byte: UInt8) {
    wire.append(byte)
  }

  public mutating func append(contentsOf bytes: some Sequence<UInt8>) {
    wire.append(contentsOf: bytes)
  }
}
