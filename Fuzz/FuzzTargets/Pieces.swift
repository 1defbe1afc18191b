import NIOCore

/// An input of which the first byte says in what pieces the rest arrives.
struct Pieces: Sequence {
  let whole: ByteBuffer
  private let length: Int

  init?(_ input: UnsafeBufferPointer<UInt8>) {
    guard let first = input.first else { return nil }
    length = Int(first) + 1
    whole = ByteBuffer(bytes: input.dropFirst())
  }

  func makeIterator() -> AnyIterator<ByteBuffer> {
    var rest = whole
    return AnyIterator {
      rest.readableBytes == 0 ? nil : rest.readSlice(length: Swift.min(length, rest.readableBytes))
    }
  }

  /// A seed that arrives `length` bytes at a time, 1 to 256.
  static func seed(_ bytes: [UInt8], length: Int) -> [UInt8] { [UInt8(length - 1)] + bytes }
}
