/// Writes into memory that the caller has made large enough.
struct ByteWriter {
  private let memory: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  init(_ memory: UnsafeMutableRawBufferPointer) {
    self.memory = memory
  }

  @inline(__always)
  mutating func write(_ byte: UInt8) {
    memory[count] = byte
    count += 1
  }

  @inline(__always)
  mutating func write(_ bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count <= memory.count - count)
    guard let source = bytes.baseAddress, let target = memory.baseAddress else { return }
    (target + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  mutating func write(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { write(byte) }
  }

  /// Lets `body` fill the next `length` bytes.
  @inline(__always)
  mutating func fill(_ length: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
    body(UnsafeMutableRawBufferPointer(rebasing: memory[count..<count + length]))
    count += length
  }

  /// Turns the comma at `offset`, in front of an object's first member, into the opening brace.
  func openObject(at offset: Int) {
    memory[offset] = UInt8(ascii: "{")
  }
}
