public import NIOCore

/// A message on the channel `progress-events`.
public enum ChannelMessage: Sendable, Equatable {
  /// An event that has its place in the journal. The payload is the event as published, one JSON
  /// object that begins with its `stream_id`.
  case journaled(StreamID, ByteBuffer)
  /// A message without a place in the journal: someone published it by hand.
  case handPublished(AdoptionTicket, ByteBuffer)
}

/// The identity of a hand-published message, the same for every worker that hears it: how many such
/// messages have followed a mark on the channel that all of them heard.
public struct AdoptionTicket: Sendable, Hashable {
  public let mark: String
  /// From 1.
  public let ordinal: Int

  public init(mark: String, ordinal: Int) {
    self.mark = mark
    self.ordinal = ordinal
  }
}
