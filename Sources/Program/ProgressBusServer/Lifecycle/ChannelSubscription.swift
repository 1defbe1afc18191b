import EventBus
import ServiceLifecycle

/// The process's one subscription to the channel, shared by all who listen: each more would cost
/// Redis a copy of every event.
struct ChannelSubscription: Service {
  let channel: any EventChannel
  let listeners: [any ChannelListener]

  func run() async throws {
    await cancelWhenGracefulShutdown { await channel.listen(listeners) }
  }
}
