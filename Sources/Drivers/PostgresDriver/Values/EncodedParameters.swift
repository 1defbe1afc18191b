/// The types that a parameter list declares, by their fixed OIDs (PostgreSQL's `pg_type.dat`); 0 lets
/// the server infer it.
enum ParameterType {
  static let inferred: UInt32 = 0
  static let bytea: UInt32 = 17
  static let json: UInt32 = 114
}

extension PostgresValue {
  var declaredType: UInt32 {
    switch self {
    case .bytes: ParameterType.bytea
    case .json: ParameterType.json
    case .array(let array): array.type
    default: ParameterType.inferred
    }
  }
}

/// A parameter list as libpq wants it; pointers live only inside `withPointers`.
struct EncodedParameters {
  private var values: [[UInt8]?] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []
  private(set) var types: [UInt32] = []

  /// - Throws: `invalidParameter` for text with a NUL character, which PostgreSQL cannot hold, and for
  ///   a value over 1 GB, the longest that a message can carry.
  init(_ parameters: [PostgresValue]) throws(PostgresError) {
    values.reserveCapacity(parameters.count)
    for (index, parameter) in parameters.enumerated() {
      let (bytes, isBinary) = try Self.encode(parameter, number: index + 1)
      guard (bytes?.count ?? 0) < 1 << 30 else {
        throw PostgresError(
          .invalidParameter, "parameter $\(index + 1) is larger than 1 GB", sqlState: "54000")
      }
      values.append(bytes)
      lengths.append(Int32(bytes?.count ?? 0))
      formats.append(isBinary ? 1 : 0)
      types.append(parameter.declaredType)
    }
  }

  private static func encode(
    _ parameter: PostgresValue, number: Int
  ) throws(PostgresError) -> ([UInt8]?, isBinary: Bool) {
    switch parameter {
    case .null: (nil, false)
    case .text(let text): (try terminated(text, number), false)
    case .integer(let value): (try terminated(String(value), number), false)
    case .double(let value): (try terminated(String(value), number), false)
    case .boolean(let value): (try terminated(value ? "t" : "f", number), false)
    case .bytes(let bytes): (bytes, true)
    case .json(let document): (document.text, true)
    case .array(let array): (array.bytes, true)
    case .textArray(let elements): (try terminated(arrayLiteral(elements), number), false)
    }
  }

  /// libpq takes a text parameter's length from its terminating NUL.
  private static func terminated(_ text: String, _ number: Int) throws(PostgresError) -> [UInt8] {
    var bytes = Array(text.utf8)
    guard !bytes.contains(0) else {
      throw PostgresError(
        .invalidParameter, "parameter $\(number) holds a NUL character", sqlState: "22021")
    }
    bytes.append(0)
    return bytes
  }

  /// The text form of `text[]`
  /// (https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO).
  private static func arrayLiteral(_ elements: [String]) -> String {
    var literal = "{"
    for (index, element) in elements.enumerated() {
      literal += index == 0 ? "\"" : ",\""
      for scalar in element.unicodeScalars {
        if scalar == "\"" || scalar == "\\" { literal += "\\" }
        literal.unicodeScalars.append(scalar)
      }
      literal += "\""
    }
    return literal + "}"
  }

  var count: Int { values.count }

  /// Lends values, lengths and formats as three C arrays.
  func withPointers<Result>(
    _ body: (
      UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
    ) -> Result
  ) -> Result {
    var pointers: [UnsafePointer<CChar>?] = []
    pointers.reserveCapacity(values.count)
    return lend(0, &pointers, body)
  }

  /// Nests one borrow a value, so that every pointer is valid at the same time without a copy.
  private func lend<Result>(
    _ index: Int, _ pointers: inout [UnsafePointer<CChar>?],
    _ body: (
      UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
    ) -> Result
  ) -> Result {
    guard index < values.count else {
      return pointers.withUnsafeBufferPointer { values in
        lengths.withUnsafeBufferPointer { lengths in
          formats.withUnsafeBufferPointer { formats in
            body(values.baseAddress, lengths.baseAddress, formats.baseAddress)
          }
        }
      }
    }
    guard let value = values[index] else {
      pointers.append(nil)
      return lend(index + 1, &pointers, body)
    }
    return value.withUnsafeBytes { bytes in
      // An empty array may have no address, which libpq would take for NULL.
      let address = bytes.baseAddress ?? Self.emptyValue
      pointers.append(address.assumingMemoryBound(to: CChar.self))
      return lend(index + 1, &pointers, body)
    }
  }

  private static var emptyValue: UnsafeRawPointer {
    let text: StaticString = ""
    return UnsafeRawPointer(text.utf8Start)
  }
}
