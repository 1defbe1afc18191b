import NIOCore
import NIOWebSocket
import Testing

@testable import HTTPServer

struct WebSocketProtocolStateTests {
  private typealias State = WebSocketProtocolState

  private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

  private static func makeState(maximumMessageSize: Int = 100) -> State {
    var configuration = WebSocketConfiguration()
    configuration.maximumMessageSize = maximumMessageSize
    configuration.pingInterval = .seconds(20)
    configuration.maximumMissedPings = 2
    return State(configuration, now: start)
  }

  private static func frame(
    _ opcode: WebSocketOpcode, _ bytes: [UInt8] = [], fin: Bool = true, masked: Bool = true,
    rsv1: Bool = false
  ) -> WebSocketFrame {
    let key: WebSocketMaskingKey? = masked ? [7, 8, 9, 10] : nil
    var data = ByteBuffer(bytes: bytes)
    if let key { data.webSocketMask(key) }
    return WebSocketFrame(fin: fin, rsv1: rsv1, opcode: opcode, maskKey: key, data: data)
  }

  private static func close(_ code: UInt16, _ reason: [UInt8] = []) -> WebSocketFrame {
    frame(.connectionClose, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
  }

  private static func isFailure(_ action: State.Action, _ code: WebSocketErrorCode) -> Bool {
    if case .fail(code, _) = action { return true }
    return false
  }

  @Test func messagesAreDeliveredWholeWithControlFramesInBetween() {
    var state = Self.makeState()
    #expect(
      state.receive(Self.frame(.text, Array("hello".utf8)), now: Self.start)
        == .deliverText(ByteBuffer(string: "hello")))
    #expect(state.receive(Self.frame(.text, [0xC3], fin: false), now: Self.start) == .none)
    #expect(
      state.receive(Self.frame(.ping, [1, 2]), now: Self.start)
        == .sendPong(ByteBuffer(bytes: [1, 2])))
    #expect(
      state.receive(Self.frame(.continuation, [0xA9], fin: false), now: Self.start) == .none)
    #expect(
      state.receive(Self.frame(.continuation, [0x21]), now: Self.start)
        == .deliverText(ByteBuffer(string: "é!")))
    #expect(
      state.receive(Self.frame(.binary, [0xFF]), now: Self.start)
        == .deliverBinary(ByteBuffer(bytes: [0xFF])))
    #expect(state.receive(Self.frame(.pong), now: Self.start) == .none)
  }

  @Test func whatBreaksRFC6455FailsWith1002WhatIsNoTextWith1007WhatIsTooLongWith1009() {
    let cases: [([WebSocketFrame], WebSocketErrorCode)] = [
      ([Self.frame(.text, [0x61], masked: false)], .protocolError),
      ([Self.frame(.text, [0x61], rsv1: true)], .protocolError),
      ([Self.frame(WebSocketOpcode(encodedWebSocketOpcode: 3)!)], .protocolError),
      ([Self.frame(WebSocketOpcode(encodedWebSocketOpcode: 11)!)], .protocolError),
      ([Self.frame(.continuation, [0x61])], .protocolError),
      ([Self.frame(.text, [0x61], fin: false), Self.frame(.text, [0x61])], .protocolError),
      ([Self.frame(.text, [0xC3, 0x28])], .dataInconsistentWithMessage),
      ([Self.frame(.text, [0xED, 0xA0, 0x80])], .dataInconsistentWithMessage),
      (
        [Self.frame(.text, [0xC3], fin: false), Self.frame(.continuation, [0x28])],
        .dataInconsistentWithMessage
      ),
      ([Self.frame(.binary, Array(repeating: 0, count: 101))], .messageTooLarge),
      (
        [
          Self.frame(.binary, Array(repeating: 0, count: 60), fin: false),
          Self.frame(.continuation, Array(repeating: 0, count: 41)),
        ], .messageTooLarge
      ),
      ([Self.frame(.connectionClose, [0x03])], .protocolError),
      ([Self.close(1000, [0xFF])], .dataInconsistentWithMessage),
    ]
    for (frames, code) in cases {
      var state = Self.makeState()
      var last = State.Action.none
      for frame in frames { last = state.receive(frame, now: Self.start) }
      #expect(Self.isFailure(last, code), "\(frames) gave \(last)")
    }
  }

  @Test(arguments: [
    (999, false), (1000, true), (1003, true), (1004, false), (1005, false), (1006, false),
    (1007, true), (1011, true), (1014, true), (1015, false), (2999, false), (3000, true),
    (4999, true), (5000, false),
  ])
  func onlyCodesThatMayBeSentAreAnswered(code: Int, isValid: Bool) {
    var state = Self.makeState()
    let action = state.receive(Self.close(UInt16(code), Array("ü".utf8)), now: Self.start)
    if isValid {
      #expect(action == .answerClose(WebSocketErrorCode(codeNumber: code)))
    } else {
      #expect(Self.isFailure(action, .protocolError))
    }
  }

  @Test func behindOurCloseFrameDataIsIgnoredAndThePeersCloseFrameEndsIt() {
    var state = Self.makeState()
    #expect(state.isOpen)
    #expect(state.close(until: Self.start + .seconds(3)) == true)
    #expect(!state.isOpen)
    #expect(state.close(until: Self.start + .seconds(30)) == false)
    #expect(state.receive(Self.frame(.text, [0x61]), now: Self.start) == .none)
    #expect(state.receive(Self.frame(.ping), now: Self.start) == .none)
    #expect(
      state.tick(now: Self.start + .seconds(2)) == .wait(until: Self.start + .seconds(3)))
    #expect(state.tick(now: Self.start + .seconds(3)) == .cut)
    #expect(state.receive(Self.close(1000), now: Self.start) == .closeConnection)
  }

  @Test func silenceIsProbedAndCutWhenTwoProbesGoUnanswered() {
    func at(_ seconds: Int64) -> NIODeadline { Self.start + .seconds(seconds) }
    var state = Self.makeState()
    #expect(state.tick(now: at(19)) == .wait(until: at(20)))
    #expect(state.tick(now: at(20)) == .ping(next: at(40)))
    #expect(state.receive(Self.frame(.pong), now: at(21)) == .none)
    #expect(state.tick(now: at(40)) == .wait(until: at(41)))
    #expect(state.tick(now: at(41)) == .ping(next: at(61)))
    #expect(state.tick(now: at(61)) == .ping(next: at(81)))
    #expect(state.tick(now: at(81)) == .cut)
  }

  @Test(
    arguments: [
      (0, [0x81, 0]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]),
      (65_535, [0x81, 126, 0xFF, 0xFF]), (65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] as [(Int, [UInt8])])
  func aFramesHeaderHasTheShortestFormOfItsLength(length: Int, bytes: [UInt8]) {
    let frame = WebSocketFrameWriter.text(String(repeating: "x", count: length))
    #expect(Array(frame.readableBytesView.prefix(bytes.count)) == bytes)
    #expect(frame.readableBytes == bytes.count + length)
  }

  @Test func aCloseReasonThatDoesNotFitIsCutBetweenCharacters() {
    let frame = WebSocketFrameWriter.close(
      code: .goingAway, reason: String(repeating: "é", count: 100))
    #expect(frame.readableBytes == 2 + 2 + 122)
  }
}
