import NIOCore
import RedisDriver

/// Publishes for one event loop to a cluster: on a connection for each partition, to the node that has it. A partition
/// whose node is away stops no other. Confined to the loop.
final class ClusterLoopPublisher {
  private let publishers: [LoopPublisher]
  private var partitioner: EventPartitioner
  private let eventLoop: any EventLoop

  init(
    _ connector: PrimaryConnector, eventLoop: any EventLoop, condition: BusCondition
  ) {
    let configuration = connector.configuration
    self.eventLoop = eventLoop
    partitioner = EventPartitioner(
      partitions: configuration.partitions, catalog: configuration.catalog)
    publishers = configuration.keys.journals.indices.map {
      LoopPublisher(connector, partition: $0, eventLoop: eventLoop, condition: condition)
    }
  }
}

extension ClusterLoopPublisher: EventLoopPublisher {
  func connect() -> EventLoopFuture<Void> {
    EventLoopFuture.andAllComplete(publishers.map { $0.connect() }, on: eventLoop)
  }

  func close() {
    for publisher in publishers { publisher.close() }
  }

  func publish(_ events: [PublishedEvent]) -> EventLoopFuture<Void> {
    if events.count == 1 {
      return publishers[Int(partitioner.partition(of: events[0])) - 1].publish(events)
    }
    guard !events.isEmpty else { return eventLoop.makeSucceededVoidFuture() }
    var parts: [UInt16: [PublishedEvent]] = [:]
    for event in events { parts[partitioner.partition(of: event), default: []].append(event) }
    return LoopPublisher.merged(
      parts.map { publishers[Int($0) - 1].publish($1) }, on: eventLoop)
  }

  /// Fails with the fault of some partitions where others take events.
  func tryPublishing() -> EventLoopFuture<Void> {
    EventLoopFuture.whenAllComplete(publishers.map { $0.tryPublishing() }, on: eventLoop)
      .flatMapThrowing { results in
        var failed: [(index: Int, error: BusError)] = []
        for case (let index, .failure(let error)) in results.enumerated() {
          failed.append((index, BusError(error)))
        }
        guard let first = failed.first else { return }
        throw failed.count == results.count
          ? first.error : first.error.inPart(of: .partition(first.index))
      }
  }

  func drop(by filter: ErasedEventFilter?, note: @escaping (Int) -> Void) {
    for publisher in publishers { publisher.drop(by: filter, note: note) }
  }
}
