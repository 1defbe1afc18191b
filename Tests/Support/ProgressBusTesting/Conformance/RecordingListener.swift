public import EventBus
import NIOConcurrencyHelpers

/// Remembers what the channel told it.
public final class RecordingListener: ChannelListener {
  public struct Record: Sendable {
    public var subscriptions = 0
    public var losses: [BusError] = []
    public var messages: [ChannelMessage] = []
  }

  private let state = NIOLockedValueBox(Record())

  public init() {}

  public var record: Record { state.withLockedValue { $0 } }

  /// The tickets of what was published by hand, in order.
  public var tickets: [AdoptionTicket] {
    record.messages.compactMap {
      if case .handPublished(let ticket, _) = $0 { ticket } else { nil }
    }
  }

  public func channelSubscribed() { state.withLockedValue { $0.subscriptions += 1 } }

  public func channelReceived(_ messages: [ChannelMessage]) {
    state.withLockedValue { $0.messages += messages }
  }

  public func channelLost(_ reason: BusError) { state.withLockedValue { $0.losses.append(reason) } }
}
