import Concurrency
import Foundation
import Logging
import NIOCore
import RedisDriver

/// The channel as Redis pub/sub, one connection for each call of `listen`.
///
/// Redis drops a subscriber that falls too far behind (`client-output-buffer-limit`); to the
/// listeners that is a lost channel like any other.
public final class RedisEventChannel: EventChannel {
  private let configuration: RedisEventBusConfiguration
  private let group: any EventLoopGroup
  private let logger: Logger

  init(_ configuration: RedisEventBusConfiguration, group: any EventLoopGroup, logger: Logger) {
    self.configuration = configuration
    self.group = group
    self.logger = logger
  }

  public func listen(_ listeners: [any ChannelListener]) async {
    let eventLoop = group.next()
    var retries = Retries(RedisLink.backoff)
    var reported = false
    while !Task.isCancelled {
      let subscription = ChannelSubscription(
        ChannelStream(keys: configuration.keys, ownMark: UUID().uuidString), listeners: listeners,
        eventLoop: eventLoop)
      let reason: BusError
      do {
        let connection = try await RedisConnection.connect(
          to: configuration.address, on: eventLoop, options: configuration.options("channel")
        ).get()
        let end = try await withTaskCancellationHandler {
          try await subscription.run(on: connection).get()
        } onCancel: {
          connection.close()
        }
        reason = end.reason
        if end.stood {
          retries.succeeded()
          reported = false
        }
      } catch {
        reason = BusError(error)
      }
      guard !Task.isCancelled else { return }
      if !reported { logger.warning("the channel is lost", metadata: ["error": "\(reason)"]) }
      reported = true
      try? await Task.sleep(for: retries.failed())
    }
  }
}
