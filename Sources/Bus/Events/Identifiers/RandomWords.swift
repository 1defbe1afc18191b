#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Random words of the system, drawn in blocks: a system call for each word would cost more than
/// everything else that is done to an event.
struct RandomWords: Sendable {
  /// The most that `getentropy` gives in one call (POSIX.1-2024: 256 bytes); such a call is never
  /// interrupted and never falls short.
  static let blockCount = 256 / MemoryLayout<UInt64>.size

  private var block: [UInt64] = []

  mutating func next() -> UInt64 {
    if block.isEmpty { refill() }
    return block.removeLast()
  }

  private mutating func refill() {
    block = [UInt64](unsafeUninitializedCapacity: Self.blockCount) { words, count in
      let bytes = UnsafeMutableRawBufferPointer(words)
      // It fails only on a kernel without random numbers, where no identifier would be unique.
      guard getentropy(bytes.baseAddress!, bytes.count) == 0 else {
        preconditionFailure("the system has no random numbers: errno \(errno)")
      }
      count = Self.blockCount
    }
  }
}
