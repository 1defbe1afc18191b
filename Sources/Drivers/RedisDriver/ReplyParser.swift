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

/// Collects what the parser meets, flat and in order, and makes replies of it once they are whole.
///
/// All strings of one read lie in one buffer, so that a thousand of them cost one allocation.
final class ReplyBuilder {
  private enum Node {
    case string(offset: Int, length: Int)
    case status(String)
    case error(String)
    case integer(Int)
    case array(count: Int)
    case null
  }

  private var nodes: [Node] = []
  private var strings = ByteBuffer()

  func appendString(_ bytes: UnsafeRawBufferPointer) {
    nodes.append(.string(offset: strings.writerIndex, length: bytes.count))
    strings.writeBytes(bytes)
  }

  func appendStatus(_ bytes: UnsafeRawBufferPointer) {
    nodes.append(.status(String(decoding: bytes, as: UTF8.self)))
  }

  func appendError(_ bytes: UnsafeRawBufferPointer) {
    nodes.append(.error(String(decoding: bytes, as: UTF8.self)))
  }

  func appendInteger(_ value: Int) { nodes.append(.integer(value)) }

  /// The next `count` values are the array's elements.
  func appendArray(count: Int) { nodes.append(.array(count: count)) }

  func appendNull() { nodes.append(.null) }

  /// How many nodes there are; the boundary of a reply when called right behind its last one.
  var end: Int { nodes.count }

  /// Takes out the replies, all before the node `end`; what stands behind belongs to a reply that has
  /// not come whole yet and stays.
  func takeReplies(upTo end: Int) -> [RedisReply] {
    guard end > 0 else { return [] }
    var replies: [RedisReply] = []
    var position = 0
    while position < end { replies.append(value(at: &position)) }
    keepPartialReply(from: end)
    return replies
  }

  private func value(at position: inout Int) -> RedisReply {
    let node = nodes[position]
    position += 1
    switch node {
    case .string(let offset, let length):
      // In range: it was written there.
      return .string(strings.getSlice(at: offset, length: length)!)
    case .status(let text): return .status(text)
    case .error(let message): return .error(RedisServerError(message))
    case .integer(let value): return .integer(value)
    case .null: return .null
    case .array(let count):
      var elements: [RedisReply] = []
      // Not more than what came, whatever the count claims.
      elements.reserveCapacity(min(count, nodes.count - position))
      for _ in 0..<count { elements.append(value(at: &position)) }
      return .array(elements)
    }
  }

  /// Moves the strings of the reply that is still arriving to a buffer of their own: the old one now
  /// belongs to the replies handed out.
  private func keepPartialReply(from end: Int) {
    let handedOut = strings
    strings = ByteBuffer()
    nodes.removeSubrange(..<end)
    for index in nodes.indices {
      guard case .string(let offset, let length) = nodes[index] else { continue }
      nodes[index] = .string(offset: strings.writerIndex, length: length)
      strings.writeImmutableBuffer(handedOut.getSlice(at: offset, length: length)!)
    }
  }
}
