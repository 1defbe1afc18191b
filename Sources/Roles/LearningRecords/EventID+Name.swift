import Cryptography
public import Events

extension EventID {
  /// A UUID of version 5: the same for the same name in the same namespace (RFC 9562, section 5.5).
  public init(name: [UInt8], in namespace: EventID) {
    let space = [namespace.high, namespace.low].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
    }
    let words = SHA1.digest(space, name).prefix(16).reduce(into: (high: UInt64(0), low: UInt64(0)))
    {
      $0 = ($0.high << 8 | $0.low >> 56, $0.low << 8 | UInt64($1))
    }
    self.init(
      high: words.high & ~0xF000 | 0x5000, low: words.low & (.max >> 2) | 1 << 63)
  }
}
