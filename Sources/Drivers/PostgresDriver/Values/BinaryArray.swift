/// An array as a parameter of a statement, in PostgreSQL's binary form (`array_recv`), built element by element
/// in one buffer. It may hold nulls.
public struct BinaryArray: Sendable, Equatable {
  /// What the array holds. All elements are appended by the method for it.
  public enum Element: Sendable {
    case text, timestamp, integer, long, double

    /// By their fixed OIDs (PostgreSQL's `pg_type.dat`).
    fileprivate var type: UInt32 {
      switch self {
      case .text: 25
      case .timestamp: 1184
      case .integer: 23
      case .long: 20
      case .double: 701
      }
    }

    fileprivate var arrayType: UInt32 {
      switch self {
      case .text: 1009
      case .timestamp: 1185
      case .integer: 1007
      case .long: 1016
      case .double: 1022
      }
    }
  }

  let type: UInt32
  public private(set) var count = 0
  private let elementType: UInt32
  private var elements: [UInt8] = []

  public init(of element: Element) {
    elementType = element.type
    type = element.arrayType
  }

  /// An array of what `append` appends for each of the rows.
  public init<Row>(
    of element: Element, from rows: [Row], _ append: (inout BinaryArray, Row) -> Void
  ) {
    self.init(of: element)
    for row in rows { append(&self, row) }
  }

  public mutating func appendNull() {
    count += 1
    BinaryValue.appendNull(to: &elements)
  }

  public mutating func append(_ value: Int32?) {
    guard let value else { return appendNull() }
    count += 1
    BinaryValue.append(value, to: &elements)
  }

  public mutating func append(_ value: Int64?) {
    guard let value else { return appendNull() }
    count += 1
    BinaryValue.append(value, to: &elements)
  }

  public mutating func append(_ value: Double?) {
    guard let value else { return appendNull() }
    count += 1
    BinaryValue.append(value, to: &elements)
  }

  /// - Parameter microsecondsSince1970: after 4713 BC.
  public mutating func append(microsecondsSince1970: Int64?) {
    guard let microsecondsSince1970 else { return appendNull() }
    count += 1
    BinaryValue.append(microsecondsSince1970: microsecondsSince1970, to: &elements)
  }

  /// - Parameter text: in UTF-8 and without a NUL.
  public mutating func append(text: UnsafeRawBufferPointer?) {
    guard let text else { return appendNull() }
    count += 1
    BinaryValue.append(text: text, to: &elements)
  }

  /// The number of dimensions, whether there may be nulls, the element's type; then the dimension's length and
  /// its lower bound.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(20 + elements.count)
    for number in [1, 1, elementType, UInt32(count), 1] {
      withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
    bytes += elements
    return bytes
  }
}
