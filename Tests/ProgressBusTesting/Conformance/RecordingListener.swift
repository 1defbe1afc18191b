public import EventBus
import Synchronization

/// Remembers what the channel told it.
public final class RecordingListener: ChannelListener {
  public struct Record: Sendable {
    public var subscriptions = 0
    public var losses: [BusError] = []
    public var messages: [ChannelMessage] = []
  }

  private let state = Mutex(Record())

  public init() {}

  public var record: Record { state.withLock { $0 } }

  /// The tickets of what was published by hand, in order.
  public var tickets: [AdoptionTicket] {
    record.messages.compactMap {
      if case .handPublished(let ticket, _) = $0 { ticket } else { nil }
    }
  }

  public func channelSubscribed() { state.withLock { $0.subscriptions += 1 } }

  public func channelReceived(_ messages: [ChannelMessage]) {
    state.withLock { $0.messages += messages }
  }

  public func channelLost(_ reason: BusError) { state.withLock { $0.losses.append(reason) } }
}
