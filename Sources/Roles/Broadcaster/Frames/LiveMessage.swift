import EventBus
import NIOCore

/// An event as a subscriber gets it: one JSON object that begins with its `stream_id`.
struct LiveMessage: Sendable, Equatable {
  let id: StreamID
  let payload: ByteBuffer

  init(id: StreamID, payload: ByteBuffer) {
    self.id = id
    self.payload = payload
  }

  /// - Returns: nil for an entry that is meant for one sink alone, and was never on the channel.
  init?(_ entry: JournalEntry) {
    guard entry.target == nil else { return nil }
    let prefix = "{\"stream_id\":\"\(entry.id)\","
    var payload = ByteBuffer()
    payload.reserveCapacity(prefix.utf8.count + entry.payload.readableBytes)
    payload.writeString(prefix)
    payload.writeBytes(entry.payload.readableBytesView.dropFirst())
    self.init(id: entry.id, payload: payload)
  }
}
