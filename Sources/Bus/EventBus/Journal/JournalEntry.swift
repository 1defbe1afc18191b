public import NIOCore

/// One event in the journal.
public struct JournalEntry: Sendable, Equatable {
  public let id: StreamID
  /// The event's kind, so that a reader can sort entries without parsing them.
  public let eventType: String
  /// The event as one canonical JSON object, without its `stream_id`.
  public let payload: ByteBuffer
  /// The only sink that is to take it, when it is the replay of a dead letter; nil for all.
  public let target: String?

  public init(id: StreamID, eventType: String, payload: ByteBuffer, target: String? = nil) {
    self.id = id
    self.eventType = eventType
    self.payload = payload
    self.target = target
  }
}
