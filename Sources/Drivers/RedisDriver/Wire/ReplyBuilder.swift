import NIOCore

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
