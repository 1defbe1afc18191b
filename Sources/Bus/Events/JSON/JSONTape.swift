/// The tokens of one JSON text, in order. Kept between texts so that scanning allocates nothing once
/// it has grown to the usual size.
public struct JSONTape: Sendable {
  public internal(set) var tokens: [JSONToken] = []

  public init() {
    tokens.reserveCapacity(256)
  }

  /// Scans `bytes`, which must hold exactly one JSON value and white space around it.
  ///
  /// - Parameter maximumDepth: containers inside one another; a guard for the scanner itself, far
  ///   above what an event may have.
  public mutating func scan(
    _ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int = 128
  ) throws(JSONSyntaxError) {
    tokens.removeAll(keepingCapacity: true)
    guard bytes.count < Int(UInt32.max) else { throw JSONSyntaxError(.tooLarge, at: 0) }
    var scanner = JSONScanner(bytes: bytes, maximumDepth: maximumDepth)
    try scanner.scan(into: &tokens)
  }
}
