import NIOCore
import NIOWebSocket

/// The server's side of RFC 6455 behind the framing: what to do about each frame, and about silence.
struct WebSocketProtocolState {
  enum Action: Equatable {
    case none
    case deliverText(ByteBuffer)
    case deliverBinary(ByteBuffer)
    case sendPong(ByteBuffer)
    /// Answer the peer's close frame and close the connection.
    case answerClose(WebSocketErrorCode?)
    /// The peer has answered our close frame.
    case closeConnection
    /// Send a close frame and end the connection: the peer broke the protocol.
    case fail(WebSocketErrorCode, String)
  }

  enum Tick: Equatable {
    case wait(until: NIODeadline)
    case ping(next: NIODeadline)
    case cut
  }

  private enum Phase: Equatable {
    case open
    case closing(until: NIODeadline)
  }

  private let pingInterval: TimeAmount
  private let maximumMissedPings: Int
  private let maximumMessageSize: Int
  private var phase = Phase.open
  private var fragments: ByteBuffer?
  private var fragmentedOpcode = WebSocketOpcode.text
  private var lastHeard: NIODeadline
  private var nextPing: NIODeadline
  private var missedPings = 0

  init(_ configuration: WebSocketConfiguration, now: NIODeadline) {
    pingInterval = configuration.pingInterval
    maximumMissedPings = configuration.maximumMissedPings
    maximumMessageSize = configuration.maximumMessageSize
    lastHeard = now
    nextPing = now + configuration.pingInterval
  }

  var isOpen: Bool { phase == .open }

  mutating func receive(_ frame: WebSocketFrame, now: NIODeadline) -> Action {
    lastHeard = now
    missedPings = 0
    guard frame.reservedBits.isEmpty else {
      return .fail(.protocolError, "no extension was agreed on, yet a reserved bit is set")
    }
    guard frame.maskKey != nil else {
      return .fail(.protocolError, "frames of a client must be masked")
    }
    switch frame.opcode {
    case .connectionClose: return receiveClose(frame.unmaskedData)
    case .ping: return isOpen ? .sendPong(frame.unmaskedData) : .none
    case .pong: return .none
    case .text, .binary, .continuation:
      return isOpen ? receiveData(frame) : .none
    default: return .fail(.protocolError, "unknown opcode")
    }
  }

  /// - Returns: false when a close frame was sent before.
  mutating func close(until deadline: NIODeadline) -> Bool {
    guard isOpen else {
      // A shutdown may shorten the wait.
      if case .closing(let earlier) = phase { phase = .closing(until: min(earlier, deadline)) }
      return false
    }
    phase = .closing(until: deadline)
    fragments = nil
    return true
  }

  mutating func tick(now: NIODeadline) -> Tick {
    if case .closing(let deadline) = phase {
      return now >= deadline ? .cut : .wait(until: deadline)
    }
    // Whatever was heard since the last ping puts off the next one.
    nextPing = max(nextPing, lastHeard + pingInterval)
    guard now >= nextPing else { return .wait(until: nextPing) }
    guard missedPings < maximumMissedPings else { return .cut }
    missedPings += 1
    nextPing = now + pingInterval
    return .ping(next: nextPing)
  }

  private mutating func receiveData(_ frame: WebSocketFrame) -> Action {
    let data = frame.unmaskedData
    let message: ByteBuffer
    let opcode: WebSocketOpcode
    if frame.opcode == .continuation {
      guard var collected = fragments else {
        return .fail(.protocolError, "a continuation without a message")
      }
      fragments = nil
      guard collected.readableBytes + data.readableBytes <= maximumMessageSize else {
        return .fail(.messageTooLarge, "the message is too large")
      }
      collected.writeImmutableBuffer(data)
      (message, opcode) = (collected, fragmentedOpcode)
    } else {
      guard fragments == nil else {
        return .fail(.protocolError, "a new message before the last one ended")
      }
      guard data.readableBytes <= maximumMessageSize else {
        return .fail(.messageTooLarge, "the message is too large")
      }
      (message, opcode) = (data, frame.opcode)
    }
    guard frame.fin else {
      (fragments, fragmentedOpcode) = (message, opcode)
      return .none
    }
    guard opcode == .text else { return .deliverBinary(message) }
    guard Self.isUTF8(message) else {
      return .fail(.dataInconsistentWithMessage, "a text that is not UTF-8")
    }
    return .deliverText(message)
  }

  /// RFC 6455, sections 5.5.1 and 7.4.
  private mutating func receiveClose(_ payload: ByteBuffer) -> Action {
    guard isOpen else { return .closeConnection }
    var payload = payload
    guard payload.readableBytes > 0 else { return .answerClose(nil) }
    guard let code = payload.readInteger(as: UInt16.self), WebSocketErrorCode.mayBeSent(code) else {
      return .fail(.protocolError, "a close code that may not be sent")
    }
    guard Self.isUTF8(payload) else {
      return .fail(.dataInconsistentWithMessage, "a close reason that is not UTF-8")
    }
    return .answerClose(WebSocketErrorCode(codeNumber: Int(code)))
  }

  private static func isUTF8(_ buffer: ByteBuffer) -> Bool {
    buffer.withUnsafeReadableBytes { String(validating: $0, as: UTF8.self) != nil }
  }
}
