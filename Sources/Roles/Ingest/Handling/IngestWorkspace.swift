import EventBus
import Events
import HTTPServer
import NIOCore

/// What the requests of one event loop share: the decoder's memory and the way to the bus. Stays on
/// its loop.
final class IngestWorkspace {
  let bodyBytes: Int
  let policy: CrossOriginPolicy
  let metrics: IngestMetrics
  private let publisher: any EventPublisher
  private let eventLoop: any EventLoop
  private var decoder: BatchDecoder

  init(
    configuration: IngestConfiguration, catalog: EventCatalog, publisher: any EventPublisher,
    metrics: IngestMetrics, eventLoop: any EventLoop
  ) {
    self.bodyBytes = configuration.bodyBytes
    self.policy = CrossOriginPolicy(allowedOrigins: configuration.allowedOrigins)
    self.metrics = metrics
    self.publisher = publisher
    self.eventLoop = eventLoop
    self.decoder = BatchDecoder(configuration: configuration, catalog: catalog)
  }

  func decode(_ body: ByteBuffer, format: BodyFormat) throws(Problem) -> DecodedBatch {
    let batch = try decoder.decode(body, format: format, receivedAt: .now())
    metrics.decoded(batch)
    return batch
  }

  func publish(_ events: [PublishedEvent]) -> EventLoopFuture<Void> {
    publisher.publish(events, on: eventLoop)
  }
}
