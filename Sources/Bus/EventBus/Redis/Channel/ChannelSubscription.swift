import NIOCore
import RedisDriver

/// One subscription from its connection's beginning to its end; tells the listeners what it hears,
/// on the connection's event loop.
final class ChannelSubscription: Sendable {
  /// How a subscription ended.
  struct End: Sendable {
    let reason: BusError
    /// Whether it ever stood.
    let stood: Bool
  }

  private struct State {
    var stream: ChannelStream
    var stood = false
    var failure: BusError?
  }

  private let listeners: [any ChannelListener]
  private let eventLoop: any EventLoop
  private let state: NIOLoopBoundBox<State>

  init(_ stream: ChannelStream, listeners: [any ChannelListener], eventLoop: any EventLoop) {
    self.listeners = listeners
    self.eventLoop = eventLoop
    state = .makeBoxSendingValue(State(stream: stream), eventLoop: eventLoop)
  }

  /// Completes when the connection is lost; the listeners have been told by then, unless the
  /// connection was closed on purpose.
  func run(on connection: RedisConnection) -> EventLoopFuture<End> {
    eventLoop.flatSubmit {
      connection.subscribe(with: self.state.value.stream.commands) { replies in
        self.receive(replies, from: connection)
      }
      return connection.lost.map { error in
        let failure = self.state.value.failure
        let reason = failure ?? BusError(error)
        if self.state.value.stood, failure != nil || error != .closed {
          for listener in self.listeners { listener.channelLost(reason) }
        }
        return End(reason: reason, stood: self.state.value.stood)
      }
    }
  }

  private func receive(_ replies: [RedisReply], from connection: RedisConnection) {
    var messages: [ChannelMessage] = []
    messages.reserveCapacity(replies.count)
    for reply in replies {
      switch state.value.stream.receive(reply) {
      case nil: break
      case .received(let message): messages.append(message)
      case .subscribed:
        state.value.stood = true
        for listener in listeners { listener.channelSubscribed() }
      case .fail(let error):
        state.value.failure = error
        connection.close()
        return
      }
    }
    guard !messages.isEmpty else { return }
    for listener in listeners { listener.channelReceived(messages) }
  }
}
