import EventBus
import Events
import NIOCore
import Synchronization
import WorkerRuntime

/// Reads what someone published by hand as an event, by the rules of the ingest endpoint.
final class CatalogHandPublishedDecoder: HandPublishedDecoder {
  /// Used by one adopter at a time, so the lock is free whenever it is taken. A `Mutex`, because it
  /// guards what is not `Sendable`.
  private let decoder: Mutex<HandPublishedEventDecoder>

  init(catalog: EventCatalog, limits: EventLimits, keepsWork: Bool) {
    decoder = Mutex(
      HandPublishedEventDecoder(catalog: catalog, limits: limits, keepsWork: keepsWork))
  }

  func decode(_ payload: ByteBuffer) -> HandPublishedMessage {
    decoder.withLock { $0.decode(payload) }
  }
}
