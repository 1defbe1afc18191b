import HTTPServer
import NIOCore
import Zlib

/// Unpacks the body of one request as it arrives, up to a limit.
struct BodyUnpacker {
  /// The least room that is made for what comes out, in bytes.
  private static let minimumRoom = 4096

  private let inflater: Inflater
  private let limit: Int
  private var packedBytes = 0

  /// - Parameter limit: bytes of the body; unpacked, and packed, because members without content
  ///   unpack to nothing.
  init(limit: Int) throws(Problem) {
    do {
      inflater = try Inflater()
    } catch {
      throw .cannotUnpack(error)
    }
    self.limit = limit
  }

  /// Unpacks one more piece onto the end of `body`.
  mutating func unpack(_ piece: ByteBuffer, onto body: inout ByteBuffer) throws(Problem) {
    packedBytes += piece.readableBytes
    guard packedBytes <= limit else { throw .tooLarge(limit: limit) }
    var piece = piece
    var isFull = false
    repeat {
      // One byte over the limit tells what exceeds it from what just reaches it.
      let room = limit + 1 - body.readableBytes
      let inflater = inflater
      let result = piece.withUnsafeReadableBytes { input in
        var result = Result<Inflater.Progress, Inflater.Fault>.success(.init())
        body.writeWithUnsafeMutableBytes(
          minimumWritableBytes: min(room, max(Self.minimumRoom, input.count * 2))
        ) { memory in
          let output = UnsafeMutableRawBufferPointer(rebasing: memory.prefix(room))
          result = inflater.inflate(input, into: output)
          let written = (try? result.get())?.written ?? 0
          isFull = written == output.count
          return written
        }
        return result
      }
      switch result {
      case .success(let progress): piece.moveReaderIndex(forwardBy: progress.taken)
      case .failure(let fault): throw .cannotUnpack(fault)
      }
      guard body.readableBytes <= limit else { throw .tooLarge(limit: limit) }
    } while piece.readableBytes > 0 || isFull && !inflater.isComplete
  }

  /// - Throws: the problem of a body that has ended too early.
  func end() throws(Problem) {
    guard inflater.isComplete else { throw .cutShort() }
  }
}
