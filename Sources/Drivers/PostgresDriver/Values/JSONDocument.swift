/// A JSON text for a parameter of type `json`. Its length travels with it (`json_recv`), so nothing
/// scans it for a NUL or escapes it.
///
/// `json` rather than `jsonb`: a function that takes a batch apart once, with `json_to_recordset`, does
/// so from the text in 60% of the time that building the binary form first would take.
public struct JSONDocument: Sendable, Equatable {
  var text: [UInt8] = []

  /// An empty document; append the text piece by piece.
  ///
  /// - Parameter capacity: the text's expected length in bytes.
  public init(capacity: Int) {
    text.reserveCapacity(capacity)
  }

  public init(_ text: String) {
    self.text = Array(text.utf8)
  }

  public mutating func append(_ byte: UInt8) {
    text.append(byte)
  }

  public mutating func append(contentsOf bytes: some Sequence<UInt8>) {
    text.append(contentsOf: bytes)
  }
}
