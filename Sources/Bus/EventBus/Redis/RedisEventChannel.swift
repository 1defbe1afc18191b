import Concurrency
import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import RedisDriver

/// The channel as Redis pub/sub, one connection for each call of `listen`; its mark is published by the
/// client that all share.
///
/// Redis drops a subscriber that falls too far behind (`client-output-buffer-limit`); to the
/// listeners that is a lost channel like any other.
public final class RedisEventChannel: EventChannel {
  private let connector: PrimaryConnector
  private let client: RedisClient
  private let open: OpenSubscriptions
  private let group: any EventLoopGroup
  private let logger: Logger
  /// Nil where there is no cluster.
  private let listeningNode: ListeningNode?

  init(
    _ connector: PrimaryConnector, client: RedisClient, open: OpenSubscriptions,
    listeningNode: ListeningNode?, group: any EventLoopGroup, logger: Logger
  ) {
    self.listeningNode = listeningNode
    self.connector = connector
    self.open = open
    self.client = client
    self.group = group
    self.logger = logger
  }

  public func listen(_ listeners: [any ChannelListener]) async {
    let eventLoop = group.next()
    var retries = Retries(RedisLink.backoff)
    var reported = false
    var attempts = NodeAttempts()
    while !Task.isCancelled {
      let reason: BusError
      do {
        let place = try await listeningNode?.find(insteadOf: attempts.away)
        attempts.begin(place?.node)
        let end = try await subscribe(listeners, at: place, on: eventLoop)
        reason = end.reason
        if end.stood {
          attempts.succeeded()
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

  /// Until the subscription ends.
  private func subscribe(
    _ listeners: [any ChannelListener], at place: ListeningNode.Place?, on eventLoop: any EventLoop
  ) async throws -> ChannelSubscription.End {
    let configuration = connector.configuration
    let stream = ChannelStream(
      keys: configuration.keys, ownMark: UUID().uuidString, markPrefix: place?.markPrefix ?? "",
      adopts: place?.isChosen ?? true)
    let subscription = ChannelSubscription(
      stream, listeners: listeners, eventLoop: eventLoop, markTimeout: configuration.responseTimeout
    ) { [client] mark in
      client.reply(to: ["PUBLISH", .string(configuration.keys.marks), .string(mark)])
    }
    let target = place.map { ConnectionTarget.node($0.node.endpoint) } ?? .partition(0)
    let connection = try await connector.connect(as: "channel", to: target, on: eventLoop).get()
    open.add(connection)
    defer { open.remove(connection) }
    let watching = place.map { place in Task { await leave(connection, unlessStands: place) } }
    defer { watching?.cancel() }
    return try await withTaskCancellationHandler {
      try await subscription.run(on: connection).get()
    } onCancel: {
      connection.close()
    }
  }

  /// Ends the subscription once another node is the one to listen to.
  private func leave(
    _ connection: RedisConnection, unlessStands place: ListeningNode.Place
  ) async {
    while true {
      do { try await Task.sleep(for: ListeningNode.interval) } catch { return }
      guard await listeningNode?.stands(place) == false else { continue }
      return connection.close(
        because: RedisServerError("MOVED all listen to another node of the cluster"))
    }
  }
}

/// Which node could not be listened to.
private struct NodeAttempts {
  /// All others leave it as well, so once is not enough.
  private static let failuresOfNode = 2

  private var node: RedisSlotMap.Node?
  private var failures = 0

  var away: RedisSlotMap.Node? { failures >= Self.failuresOfNode ? node : nil }

  /// A failure until it succeeds.
  mutating func begin(_ node: RedisSlotMap.Node?) {
    failures = node == self.node ? failures + 1 : 1
    self.node = node
  }

  mutating func succeeded() { failures = 0 }
}

/// The connections of subscriptions, which can ask their server nothing: a replica lets them stand, for ever.
final class OpenSubscriptions: Sendable {
  private let connections = NIOLockedValueBox<[RedisConnection]>([])

  func add(_ connection: RedisConnection) { connections.withLockedValue { $0.append(connection) } }

  func remove(_ connection: RedisConnection) {
    connections.withLockedValue { $0.removeAll { $0 === connection } }
  }

  /// Another connection found its server to be the wrong one: each subscription is made anew.
  func leave(because answer: RedisServerError) {
    for connection in connections.withLockedValue({ $0 }) { connection.close(because: answer) }
  }
}

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
  private let markTimeout: TimeAmount
  private let publishMark: @Sendable (String) -> EventLoopFuture<RedisReply>
  private let state: NIOLoopBoundBox<State>

  /// - Parameters:
  ///   - markTimeout: how long the subscription's own mark may take to be heard.
  ///   - publishMark: publishes it, on another connection.
  init(
    _ stream: ChannelStream, listeners: [any ChannelListener], eventLoop: any EventLoop,
    markTimeout: TimeAmount,
    publishMark: @escaping @Sendable (String) -> EventLoopFuture<RedisReply>
  ) {
    self.listeners = listeners
    self.eventLoop = eventLoop
    self.markTimeout = markTimeout
    self.publishMark = publishMark
    state = .makeBoxSendingValue(State(stream: stream), eventLoop: eventLoop)
  }

  /// Completes when the connection is lost; the listeners have been told by then, unless the
  /// connection was closed on purpose.
  func run(on connection: RedisConnection) -> EventLoopFuture<End> {
    eventLoop.flatSubmit {
      connection.subscribe(with: [self.state.value.stream.command]) { replies in
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
      case .publishMark: begin(on: connection)
      case .subscribed:
        state.value.stood = true
        for listener in listeners { listener.channelSubscribed() }
      case .fail(let error): return fail(error, connection)
      }
    }
    guard !messages.isEmpty else { return }
    for listener in listeners { listener.channelReceived(messages) }
  }

  /// Publishes the mark. One that is not heard in time went to another server than the subscription.
  private func begin(on connection: RedisConnection) {
    publishMark(state.value.stream.ownMark).hop(to: eventLoop).whenFailure { error in
      self.fail(BusError(error), connection)
    }
    eventLoop.scheduleTask(in: markTimeout) {
      guard !self.state.value.stood else { return }
      self.fail(.unavailable("Redis did not relay the subscription's own mark"), connection)
    }
  }

  private func fail(_ error: BusError, _ connection: RedisConnection) {
    if state.value.failure == nil { state.value.failure = error }
    connection.close()
  }
}
