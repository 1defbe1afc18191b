internal import CZlib

/// Unpacks a stream piece by piece: gzip (RFC 1952), one member or several, or zlib (RFC 1950), told
/// apart by the first byte. Not for two threads at once.
public final class Inflater {
  public enum Fault: Error, Sendable {
    /// The bytes are no such stream, or do not match their checksum.
    case damaged
    /// The stream has ended, and what follows is no further member.
    case followedByMore
    case outOfMemory
  }

  /// What one call did.
  public struct Progress: Sendable, Equatable {
    /// Bytes of the input that need not be given again.
    public var taken = 0
    /// Bytes of the output that are filled. Fewer than it has room for: all of the input was taken.
    public var written = 0

    public init() {}
  }

  /// What one holds beside its output, in bytes: zlib's window and state (https://zlib.net/zlib_tech.html).
  public static let memory = 48 * 1024

  /// Gzip's first byte; no zlib stream begins with it.
  private static let gzipMark: UInt8 = 0x1F

  /// zlib keeps the address of its stream.
  private let stream: UnsafeMutablePointer<z_stream>
  private var isGzip = false
  private var hasBegun = false

  /// Whether what came so far is whole: the stream, or its last member, has ended.
  public private(set) var isComplete = false

  /// - Throws: `Fault.outOfMemory`.
  public init() throws(Fault) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // A failure leaves nothing that `inflateEnd`, in `deinit`, would have to free.
    guard zlib_inflate_init(stream) == Z_OK else { throw .outOfMemory }
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Unpacks as much of `input` as there is room for.
  public func inflate(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Result<Progress, Fault> {
    var progress = Progress()
    repeat {
      let rest = UnsafeRawBufferPointer(rebasing: input[progress.taken...])
      if let first = rest.first, let fault = begin(first) { return .failure(fault) }
      if isComplete { break }
      let room = UnsafeMutableRawBufferPointer(rebasing: output[progress.written...])
      switch step(rest, room) {
      case .failure(let fault): return .failure(fault)
      case .success(let step):
        progress.taken += step.taken
        progress.written += step.written
      }
    } while isComplete && progress.taken < input.count
    return .success(progress)
  }

  /// Goes to the next member when one has ended and more comes.
  private func begin(_ byte: UInt8) -> Fault? {
    if !hasBegun {
      hasBegun = true
      isGzip = byte == Self.gzipMark
    } else if isComplete {
      guard isGzip, byte == Self.gzipMark else { return .followedByMore }
      isComplete = false
      inflateReset(stream)
    }
    return nil
  }

  private func step(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) -> Result<Progress, Fault> {
    let offered = UInt32(clamping: input.count)
    let room = UInt32(clamping: output.count)
    // zlib does not write through next_in; its type merely lacks the const.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = offered
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = room
    let code = CZlib.inflate(stream, Z_NO_FLUSH)
    var progress = Progress()
    progress.taken = Int(offered - stream.pointee.avail_in)
    progress.written = Int(room - stream.pointee.avail_out)
    switch code {
    case Z_STREAM_END:
      isComplete = true
      return .success(progress)
    // No room, or nothing to go on with.
    case Z_OK, Z_BUF_ERROR: return .success(progress)
    case Z_MEM_ERROR: return .failure(.outOfMemory)
    default: return .failure(.damaged)
    }
  }
}
