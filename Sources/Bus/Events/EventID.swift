#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// The identity of an event: a UUID (RFC 9562), written in lower case.
public struct EventID: Sendable, Hashable, CustomStringConvertible {
  /// The 128 bits, the most significant half first.
  public let high: UInt64
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// An id that no other has. It says nothing of when it was made.
  public static func random() -> EventID {
    EventID(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
  }

  /// The length of the text form in bytes.
  public static let textLength = 36

  /// Parses the text form, `8-4-4-4-12` hexadecimal digits in either case.
  public init?(_ text: some Collection<UInt8>) {
    guard
      let id = text.withContiguousStorageIfAvailable({ Self(UnsafeRawBufferPointer($0)) })
        ?? Array(text).withUnsafeBytes({ Self($0) })
    else { return nil }
    self = id
  }

  /// The same for bytes in memory, without what generic code costs in another module.
  public init?(_ text: UnsafeRawBufferPointer) {
    guard text.count == Self.textLength else { return nil }
    var halves: (UInt64, UInt64) = (0, 0)
    var digits = 0
    for index in 0..<Self.textLength {
      let byte = text[index]
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = hexadecimalValue(byte) else { return nil }
      if digits < 16 {
        halves.0 = halves.0 << 4 | UInt64(digit)
      } else {
        halves.1 = halves.1 << 4 | UInt64(digit)
      }
      digits += 1
    }
    self.init(high: halves.0, low: halves.1)
  }

  public init?(_ text: String) {
    self.init(text.utf8)
  }

  public var description: String {
    String(unsafeUninitializedCapacity: Self.textLength) { buffer in
      write(to: UnsafeMutableRawBufferPointer(buffer))
      return Self.textLength
    }
  }

  /// Writes the text form into the first `textLength` bytes of `buffer`.
  public func write(to buffer: UnsafeMutableRawBufferPointer) {
    precondition(buffer.count >= Self.textLength)
    let (second, third) = (Self.digits(high), Self.digits(low >> 32))
    func put(_ digits: some FixedWidthInteger, at offset: Int) {
      buffer.storeBytes(of: digits.bigEndian, toByteOffset: offset, as: type(of: digits))
    }
    put(Self.digits(high >> 32), at: 0)
    put(UInt32(second >> 32), at: 9)
    put(UInt32(truncatingIfNeeded: second), at: 14)
    put(UInt32(third >> 32), at: 19)
    put(UInt32(truncatingIfNeeded: third), at: 24)
    put(Self.digits(low), at: 28)
    buffer[8] = UInt8(ascii: "-")
    buffer[13] = UInt8(ascii: "-")
    buffer[18] = UInt8(ascii: "-")
    buffer[23] = UInt8(ascii: "-")
  }

  /// The hexadecimal digits of the lower 32 bits in ASCII, the first one in the highest byte: all eight at once.
  private static func digits(_ word: UInt64) -> UInt64 {
    // A byte for each half byte.
    var digits = word & 0xFFFF_FFFF
    digits = (digits << 16 | digits) & 0x0000_FFFF_0000_FFFF
    digits = (digits << 8 | digits) & 0x00FF_00FF_00FF_00FF
    digits = (digits << 4 | digits) & 0x0F0F_0F0F_0F0F_0F0F
    // 1 in each byte that is a letter.
    let letters = (digits + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return digits + 0x3030_3030_3030_3030 + letters * UInt64(UInt8(ascii: "a") - 10 - 0x30)
  }
}

/// Makes UUIDv7 identifiers (RFC 9562, section 5.7) that grow with time, so that an index on them
/// grows at its end.
public struct EventIDGenerator: Sendable {
  private var random = RandomWords()

  public init() {}

  /// - Parameter moment: whose millisecond goes into the identifier.
  public mutating func next(at moment: Timestamp) -> EventID {
    let milliseconds = UInt64(clamping: moment.microseconds / 1000) & 0xFFFF_FFFF_FFFF
    // The 12 bits behind the version hold the part of the millisecond (method 3 of section 6.2), so
    // that identifiers made by one server sort by time within a millisecond as well.
    let fraction = UInt64(clamping: moment.microseconds % 1000) * 4096 / 1000
    let high = milliseconds << 16 | 0x7000 | fraction
    let low = 0x8000_0000_0000_0000 | random.next() >> 2
    return EventID(high: high, low: low)
  }
}

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
