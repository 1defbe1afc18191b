/// Rows in COPY's binary form, built in one buffer
/// (https://www.postgresql.org/docs/15/sql-copy.html, "Binary Format").
///
/// Each row is a `beginRow` and then its columns; `end` comes last.
public struct BinaryRows: Sendable {
  private(set) var bytes: [UInt8] = []
  public private(set) var rowCount = 0

  /// - Parameter capacity: the expected length in bytes.
  public init(capacity: Int) {
    bytes.reserveCapacity(capacity + 32)
    bytes += [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]
    bytes += [0, 0, 0, 0, 0, 0, 0, 0]
  }

  public mutating func beginRow(columns: Int16) {
    rowCount += 1
    Self.append(columns, to: &bytes)
  }

  /// Columns that `BinaryValue` has written.
  public mutating func append(columns: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: columns)
  }

  public mutating func append(_ value: Int32) {
    BinaryValue.append(value, to: &bytes)
  }

  /// Ends the rows; none can follow.
  public mutating func end() {
    Self.append(Int16(-1), to: &bytes)
  }

  private static func append(_ value: Int16, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
