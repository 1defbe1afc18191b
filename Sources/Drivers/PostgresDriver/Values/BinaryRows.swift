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

/// Writes values as PostgreSQL's types receive them: the length, then the bytes, the most significant
/// first (`pg_type.typreceive`).
public enum BinaryValue {
  public static func appendNull(to bytes: inout [UInt8]) {
    append(length: -1, to: &bytes)
  }

  public static func append(_ value: Int32, to bytes: inout [UInt8]) {
    append(length: 4, to: &bytes)
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  public static func append(_ value: Int64, to bytes: inout [UInt8]) {
    append(length: 8, to: &bytes)
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  public static func append(_ value: Double, to bytes: inout [UInt8]) {
    append(length: 8, to: &bytes)
    withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
  }

  public static func append(_ value: Bool, to bytes: inout [UInt8]) {
    append(length: 1, to: &bytes)
    bytes.append(value ? 1 : 0)
  }

  /// `timestamptz`, which counts from 2000.
  ///
  /// - Parameter microsecondsSince1970: after 4713 BC.
  public static func append(microsecondsSince1970: Int64, to bytes: inout [UInt8]) {
    append(length: 8, to: &bytes)
    let value = microsecondsSince1970 - 946_684_800_000_000
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// `uuid`, the most significant half first.
  public static func append(uuid high: UInt64, _ low: UInt64, to bytes: inout [UInt8]) {
    append(length: 16, to: &bytes)
    withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { bytes.append(contentsOf: $0) }
  }

  /// `text`, in UTF-8 and without a NUL.
  public static func append(text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
    append(length: Int32(text.count), to: &bytes)
    bytes.append(contentsOf: text)
  }

  /// `jsonb`, as the text of its first version.
  public static func append(json: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
    append(length: Int32(json.count + 1), to: &bytes)
    bytes.append(1)
    bytes.append(contentsOf: json)
  }

  @inline(__always)
  private static func append(length: Int32, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: length.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
