import NIOCore
import Testing

@testable import RedisDriver

@Suite struct ReplyParserTests {
  private static let wire =
    "+OK\r\n-ERR no\r\n:-7\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n$4\r\na\r\n\u{0}\r\n"
    + "*3\r\n*2\r\n$1\r\nx\r\n:1\r\n$-1\r\n*1\r\n*1\r\n+deep\r\n"

  private static let replies: [RedisReply] = [
    .status("OK"), .error(RedisServerError("ERR no")), .integer(-7), .null, .null, .array([]),
    .string(ByteBuffer()), .string(ByteBuffer(string: "a\r\n\u{0}")),
    .array([
      .array([.string(ByteBuffer(string: "x")), .integer(1)]), .null,
      .array([.array([.status("deep")])]),
    ]),
  ]

  @Test func parsesEveryKindOfReplyAtOnce() throws {
    #expect(try ReplyParser().parse(ByteBuffer(string: Self.wire)) == Self.replies)
  }

  @Test(arguments: 1...9)
  func parsesWhateverThePieces(size: Int) throws {
    let parser = ReplyParser()
    var rest = ByteBuffer(string: Self.wire)
    var replies: [RedisReply] = []
    while rest.readableBytes > 0 {
      let piece = rest.readSlice(length: min(size, rest.readableBytes))!
      replies += try parser.parse(piece)
    }
    #expect(replies == Self.replies)
  }

  @Test func repliesHandedOutDoNotChangeWhenMoreArrives() throws {
    let parser = ReplyParser()
    let first = try parser.parse(ByteBuffer(string: "$3\r\none\r\n*2\r\n$3\r\ntwo\r\n"))
    #expect(first == [.string(ByteBuffer(string: "one"))])
    let second = try parser.parse(ByteBuffer(string: "$5\r\nthree\r\n"))
    #expect(first == [.string(ByteBuffer(string: "one"))])
    #expect(
      second == [
        .array([.string(ByteBuffer(string: "two")), .string(ByteBuffer(string: "three"))])
      ])
  }

  @Test func refusesWhatIsNoRESP() {
    let error = #expect(throws: RedisError.self) {
      try ReplyParser().parse(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n"))
    }
    guard case .malformedReply = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
