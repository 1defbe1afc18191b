import NIOCore

@testable import RedisDriver

extension FuzzTarget {
  /// The reader of Redis's replies: whatever the pieces, the same replies.
  static let redisReplies = FuzzTarget(
    "redis-replies", seeds: [1, 5, 256].map { Pieces.seed(Array(replies.utf8), length: $0) }
  ) { input in
    guard let pieces = Pieces(input) else { return nil }
    let whole = read([pieces.whole])
    let inPieces = read(Array(pieces))
    // What stood before a fault may have been handed out already; a whole read has no time for that.
    if whole.isMalformed {
      return inPieces.isMalformed ? nil : "refused as a whole, taken in pieces"
    }
    return inPieces == whole ? nil : "pieces: \(inPieces), whole: \(whole)"
  }

  private static let replies =
    "+OK\r\n-ERR no\r\n:-7\r\n$-1\r\n*-1\r\n*0\r\n$4\r\na\r\nb\r\n*2\r\n*2\r\n$1\r\nx\r\n:1\r\n$-1\r\n"

  private struct Reading: Equatable {
    var replies: [RedisReply] = []
    var isMalformed = false
  }

  private static func read(_ pieces: [ByteBuffer]) -> Reading {
    let parser = ReplyParser()
    var reading = Reading()
    for piece in pieces {
      do {
        reading.replies += try parser.parse(piece)
      } catch {
        reading.isMalformed = true
        break
      }
    }
    return reading
  }
}
