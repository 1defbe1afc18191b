public import NIOCore

/// Hears what happens on the channel. Called on one event loop, in order; must not block.
public protocol ChannelListener: Sendable {
  /// The subscription stands; messages published from now on will be heard.
  func channelSubscribed()
  /// Messages that arrived together, in order; never empty.
  func channelReceived(_ messages: [ChannelMessage])
  /// The subscription broke; until the next `channelSubscribed()` messages may be missed.
  func channelLost(_ reason: BusError)
}

/// The live side of the bus.
public protocol EventChannel: Sendable {
  /// Subscribes, and again with backoff whenever the subscription breaks, until the task is
  /// cancelled.
  func listen(_ listeners: [any ChannelListener]) async
}

/// A message on the channel, `progress-events` where there is no namespace.
public enum ChannelMessage: Sendable, Equatable {
  /// An event that has its place in the journal. The payload is the event as published, one JSON
  /// object that begins with its `stream_id`.
  case journaled(StreamID, ByteBuffer)
  /// A message without a place in the journal: someone published it by hand.
  case handPublished(AdoptionTicket, ByteBuffer)
}
