public import NIOCore
import RedisDriver

/// Publishes through one Redis connection for each event loop; in a cluster through one for each partition, too.
///
/// While Redis cannot be reached, publishing fails at once; the connections come back by themselves.
public final class RedisEventPublisher: EventPublisher {
  private struct Lane: Sendable {
    let eventLoop: any EventLoop
    let publisher: NIOLoopBound<any EventLoopPublisher>
  }

  private let lanes: [Lane]
  private let laneOfLoop: [ObjectIdentifier: NIOLoopBound<any EventLoopPublisher>]

  private init(_ lanes: [Lane]) {
    self.lanes = lanes
    laneOfLoop = Dictionary(
      uniqueKeysWithValues: lanes.map { (ObjectIdentifier($0.eventLoop), $0.publisher) })
  }

  /// Starts to connect on every loop of the group. Returns when each first attempt has ended, well
  /// or badly: what fails is tried again in the background.
  static func start(
    _ connector: PrimaryConnector, on group: any EventLoopGroup,
    condition: BusCondition
  ) async -> RedisEventPublisher {
    var lanes: [Lane] = []
    for eventLoop in group.makeIterator() {
      let start = eventLoop.submit {
        let publisher: any EventLoopPublisher =
          connector.cluster == nil
          ? LoopPublisher(connector, eventLoop: eventLoop, condition: condition)
          : ClusterLoopPublisher(connector, eventLoop: eventLoop, condition: condition)
        return NIOLoopBound(publisher, eventLoop: eventLoop)
      }
      // Fails only when the loop is shut down, and then it has no callers.
      if let publisher = try? await start.get() {
        lanes.append(Lane(eventLoop: eventLoop, publisher: publisher))
      }
    }
    let connecting = lanes.map { lane in
      lane.eventLoop.flatSubmit { lane.publisher.value.connect() }
    }
    for attempt in connecting { _ = try? await attempt.get() }
    return RedisEventPublisher(lanes)
  }

  public func publish(
    _ events: [PublishedEvent], on eventLoop: any EventLoop
  ) -> EventLoopFuture<Void> {
    if let publisher = laneOfLoop[ObjectIdentifier(eventLoop)] {
      return publisher.value.publish(events)
    }
    guard let lane = lanes.randomElement() else {
      return eventLoop.makeFailedFuture(BusError.unavailable("the bus has no event loop"))
    }
    return lane.eventLoop.flatSubmit { lane.publisher.value.publish(events) }.hop(to: eventLoop)
  }

  /// Why events would not be taken now, as far as the event loops' connections can tell; empty when each
  /// would take one.
  func tryPublishing() async -> [BusError] {
    let tries = lanes.map { lane in
      lane.eventLoop.flatSubmit { lane.publisher.value.tryPublishing() }
    }
    var errors: [BusError] = []
    for attempt in tries {
      do { try await attempt.get() } catch { errors.append(BusError(error)) }
    }
    return errors
  }

  /// Drops events of erased learners from now on.
  ///
  /// - Parameters:
  ///   - filter: nil when there are none.
  ///   - note: is told how many were dropped, on an event loop.
  func drop(by filter: ErasedEventFilter?, note: @escaping @Sendable (Int) -> Void) {
    for lane in lanes {
      lane.eventLoop.execute {
        lane.publisher.value.drop(by: filter, note: note)
      }
    }
  }

  /// Fails what is unanswered and connects no more.
  public func close() {
    for lane in lanes { lane.eventLoop.execute { lane.publisher.value.close() } }
  }
}
