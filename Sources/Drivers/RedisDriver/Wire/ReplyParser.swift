import CHiredis
import NIOCore

/// Parses replies with hiredis's reader, whatever pieces they arrive in.
///
/// The reader is told to build no replies of its own (each would cost several allocations) but to
/// call a `ReplyBuilder`. Owned by one channel handler; the pointers never leave this class.
final class ReplyParser {
  private let builder = ReplyBuilder()
  private let callbacks: UnsafeMutablePointer<redisReplyObjectFunctions>
  private let reader: UnsafeMutablePointer<redisReader>

  init() {
    callbacks = .allocate(capacity: 1)
    callbacks.initialize(to: Self.builderCallbacks)
    guard let reader = redisReaderCreateWithFunctions(callbacks) else {
      fatalError("out of memory")
    }
    self.reader = reader
    // Lives as long as the reader: both belong to this object.
    reader.pointee.privdata = Unmanaged.passUnretained(builder).toOpaque()
    // Keep the buffer between reads; NIO reads up to 64 KiB at once.
    reader.pointee.maxbuf = 256 * 1024
  }

  deinit {
    redisReaderFree(reader)
    callbacks.deallocate()
  }

  /// Takes in the bytes of one read.
  ///
  /// - Returns: the replies that are whole now, in order.
  /// - Throws: `RedisError.malformedReply`; the parser is of no use then.
  func parse(_ buffer: ByteBuffer) throws(RedisError) -> [RedisReply] {
    let fed = buffer.withUnsafeReadableBytes { bytes in
      bytes.isEmpty
        ? REDIS_OK
        : redisReaderFeed(
          reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard fed == REDIS_OK else { throw failure }
    var end = 0
    while true {
      var reply: UnsafeMutableRawPointer?
      guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw failure }
      guard reply != nil else { break }
      end = builder.end
    }
    return builder.takeReplies(upTo: end)
  }

  private var failure: RedisError {
    .malformedReply(
      withUnsafeBytes(of: reader.pointee.errstr) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      })
  }

  /// Each returns the builder's address in place of the object that it would have made: hiredis only
  /// asks that it is not null.
  private static let builderCallbacks = redisReplyObjectFunctions(
    createString: { task, bytes, length in
      let text = UnsafeRawBufferPointer(start: bytes, count: length)
      let builder = ReplyParser.builder(of: task)
      switch task?.pointee.type {
      case REDIS_REPLY_STATUS: builder.appendStatus(text)
      case REDIS_REPLY_ERROR: builder.appendError(text)
      default: builder.appendString(text)
      }
      return task?.pointee.privdata
    },
    createArray: { task, count in
      ReplyParser.builder(of: task).appendArray(count: Int(count))
      return task?.pointee.privdata
    },
    createInteger: { task, value in
      ReplyParser.builder(of: task).appendInteger(Int(value))
      return task?.pointee.privdata
    },
    createNil: { task in
      ReplyParser.builder(of: task).appendNull()
      return task?.pointee.privdata
    },
    // Nothing was made, so nothing is freed.
    freeObject: { _ in })

  private static func builder(of task: UnsafePointer<redisReadTask>?) -> ReplyBuilder {
    guard let builder = task?.pointee.privdata else {
      preconditionFailure("hiredis passes on the address that the reader was given")
    }
    return Unmanaged<ReplyBuilder>.fromOpaque(builder).takeUnretainedValue()
  }
}
