/// A hash that is the same in every run, unlike `Hasher`.
enum StableHash {
  /// FNV-1a, 64 bits (draft-eastlake-fnv).
  static func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { hash, byte in (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }
}
