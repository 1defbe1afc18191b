internal import CZlib

/// Gzip (RFC 1952).
public enum Gzip {
  /// Compresses `bytes`.
  ///
  /// - Parameter level: 1 (fastest) to 9 (smallest). Event data repeats itself so much that the
  ///   fastest already takes most of it away.
  /// - Returns: the compressed bytes, or nil when zlib finds no memory.
  public static func compress(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8]? {
    guard bytes.count <= Int(UInt32.max) else { return nil }
    var stream = z_stream()
    guard zlib_deflate_init_gzip(&stream, level) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    let bound = Int(deflateBound(&stream, UInt(bytes.count)))
    guard bound <= Int(UInt32.max) else { return nil }
    var isWhole = false
    let compressed = [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      bytes.withUnsafeBufferPointer { input in
        // zlib does not write through next_in; its type merely lacks the const.
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(bound)
        isWhole = deflate(&stream, Z_FINISH) == Z_STREAM_END
        count = bound - Int(stream.avail_out)
      }
    }
    return isWhole ? compressed : nil
  }
}
