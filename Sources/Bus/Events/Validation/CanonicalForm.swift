/// How an event is written into the journal: one line without white space, `event_id`, `event_type`,
/// `occurred_at`, `received_at` and `course_id` in this order, `corrected_at` where the sender's clock was wrong, then
/// the kind's own fields.
public enum CanonicalForm {
  static let beforeEventID: StaticString = "{\"event_id\":\""
  static let beforeEventType: StaticString = "\",\"event_type\":\""
  static let beforeOccurredAt: StaticString = "\",\"occurred_at\":\""
  static let beforeReceivedAt: StaticString = "\",\"received_at\":\""
  static let beforeCorrectedAt: StaticString = ",\"corrected_at\":\""
  static let beforeCourse: StaticString = "\",\"course_id\":\""
  /// `Envelope.defaultCourse`, written.
  static let defaultCourse = Array(",\"course_id\":\"\(Envelope.defaultCourse)\"".utf8)

  /// The most bytes that the canonical form of an event of `length` bytes can take.
  public static func bound(of length: Int) -> Int {
    // A timestamp can grow from 20 bytes to 27, a name by two; the envelope adds what is constant.
    length * 2 + 512
  }
}

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

  @inline(__always)
  mutating func write(_ text: StaticString) {
    write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
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

/// A moment in its canonical form, kept for when it is written again.
struct WrittenTimestamp: Sendable {
  let moment: Timestamp
  let text: InlineArray<27, UInt8>

  init(_ moment: Timestamp) {
    self.moment = moment
    var text = InlineArray<27, UInt8>(repeating: 0)
    withUnsafeMutableBytes(of: &text) { moment.write(to: $0) }
    self.text = text
  }
}
