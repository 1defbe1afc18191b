public import EventBus
import Foundation
import NIOCore

/// Hears of messages on the process's subscription, and tells the board. Looks at the place where the event's kind
/// stands, and reads no other event.
public struct MessageListener: ChannelListener {
  private static let kind = Array(#""event_type":"message_sent""#.utf8)
  /// Bytes up to the kind's end: the longest `stream_id`, `previous` and an `event_id` stand in front of it.
  private static let kindEnds = 220

  private static let previous = Array(#""previous""#.utf8)

  private let board: MessageBoard

  public init(_ board: MessageBoard) { self.board = board }

  public func channelSubscribed() { board.subscriptionChanged(stands: true) }

  public func channelLost(_ reason: BusError) { board.subscriptionChanged(stands: false) }

  public func channelReceived(_ messages: [ChannelMessage]) {
    for case .journaled(_, let payload) in messages where Self.isMessage(payload) {
      guard
        let sent = try? JSONDecoder().decode(
          SentMessage.self, from: Data(payload.readableBytesView))
      else { continue }
      board.heard(sent.id, in: sent.course)
    }
  }

  static func isMessage(_ payload: ByteBuffer) -> Bool {
    payload.withUnsafeReadableBytes { bytes in
      let head = UnsafeRawBufferPointer(rebasing: bytes.prefix(kindEnds))
      guard head.count >= kind.count else { return false }
      // The canonical form begins with stream_id, event_id and event_type; no value before it holds a quote. Where
      // the journal has several partitions, `previous` stands behind the first.
      var quotes = 0
      var quotesBefore = 8
      for (index, byte) in head.enumerated() where byte == UInt8(ascii: "\"") {
        quotes += 1
        if quotes == 5, head[index...].starts(with: previous) { quotesBefore = 12 }
        if quotes == quotesBefore + 1 { return head[index...].starts(with: kind) }
      }
      return false
    }
  }

  private struct SentMessage: Decodable {
    let id: String
    let course: String

    enum CodingKeys: String, CodingKey {
      case id = "event_id"
      case course = "course_id"
    }
  }
}
