import CoreMetrics
import Cryptography
import Events
import Foundation
import JSONText
import Logging
import NIOConcurrencyHelpers
public import NIOCore
import Observability
import Synchronization

/// The learners whose events are dropped, and until when. Holds keyed hashes of their ids: who knows an id can ask
/// for it, and nobody can read one out of the list.
public struct ErasedLearnersList: Sendable, Equatable {
  /// Another one for another list.
  public let version: String
  public let key: [UInt8]
  /// Milliseconds since 1970 at which dropping ends, by hash.
  public let ends: [String: Int64]

  public init(version: String, key: [UInt8], ends: [String: Int64]) {
    self.version = version
    self.key = key
    self.ends = ends
  }

  /// HMAC-SHA256 of the id in normal form C (UTF-8) under the list's key, in lower-case hexadecimal.
  public static func hash(of learner: String, key: [UInt8]) -> String {
    HMACSHA256.code(for: Array(learner.composed.utf8), key: key).lowercaseHex
  }
}

/// Tells which events are an erased learner's. Confined to whoever owns it.
struct ErasedEventFilter: Sendable {
  /// Learners whose hash is known; more begin anew.
  private static let rememberedLearners = 4096

  private let list: ErasedLearnersList
  private var reader: LearnerReader
  /// The end by learner; 0 for those who are not on the list.
  private var ends: [String: Int64] = [:]

  /// Nil when nobody is on the list any more.
  init?(_ list: ErasedLearnersList?, catalog: EventCatalog) {
    guard let list, list.ends.values.contains(where: { $0 > Self.now() }) else { return nil }
    self.list = list
    reader = LearnerReader(catalog: catalog)
  }

  /// - Parameter eventType: nil for a message that is no valid event.
  mutating func drops(_ event: ByteBuffer, eventType: String?) -> Bool {
    let learners = event.withUnsafeReadableBytes { reader.learners(in: $0, eventType: eventType) }
    return learners?.contains { end(of: $0) > Self.now() } ?? false
  }

  private mutating func end(of learner: String) -> Int64 {
    if let known = ends[learner] { return known }
    if ends.count >= Self.rememberedLearners { ends.removeAll(keepingCapacity: true) }
    let end = list.ends[ErasedLearnersList.hash(of: learner, key: list.key)] ?? 0
    ends[learner] = end
    return end
  }

  private static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}

/// Drops the events of erased learners, wherever they come from: what is published, adopted or stored goes through
/// it. From any thread.
///
/// Whoever publishes has a filter of its own event loop, so an empty list costs a look at a reference and no
/// lock; this one serves those who have time.
public final class ErasedLearners: Sendable {
  /// Whether nobody is on the list.
  public var isEmpty: Bool { hasNone.load(ordering: .acquiring) }
  /// Of the list that this process goes by; nil before there was one.
  public var version: String? { state.withLockedValue { $0.version } }

  private struct State {
    var version: String?
    var filter: ErasedEventFilter?
    var lastSaid: ContinuousClock.Instant?
    /// Dropped since then.
    var unsaid = 0
  }

  /// Between two lines of the log.
  private static let quietTime = Duration.seconds(60)

  private static let publisherPlace = "publisher"

  private let hasNone = Atomic<Bool>(true)
  private let state = NIOLockedValueBox(State())
  private let catalog: EventCatalog
  private let publisher: RedisEventPublisher
  private let metrics: any MetricsFactory
  private let logger: Logger

  init(
    catalog: EventCatalog, publisher: RedisEventPublisher, metrics: any MetricsFactory,
    logger: Logger
  ) {
    self.catalog = catalog
    self.publisher = publisher
    self.metrics = metrics
    self.logger = logger
    // Shown from the start, so that the first event is an increase.
    _ = ProgressBusMetric.erasedDropped.counter([("place", Self.publisherPlace)], in: metrics)
  }

  /// Goes by this list from now on; event loops do within the tick.
  func take(_ list: ErasedLearnersList) {
    let filter = ErasedEventFilter(list, catalog: catalog)
    state.withLockedValue {
      $0.version = list.version
      $0.filter = filter
    }
    hasNone.store(filter == nil, ordering: .releasing)
    publisher.drop(by: filter) { [weak self] count in self?.note(count, at: Self.publisherPlace) }
  }

  /// Whether an event is an erased learner's.
  ///
  /// - Parameter eventType: nil for a message that is no valid event.
  public func drops(_ event: ByteBuffer, eventType: String?) -> Bool {
    isEmpty
      ? false : state.withLockedValue { $0.filter?.drops(event, eventType: eventType) ?? false }
  }

  /// Counts dropped events, and says so once a minute, without a word about whose they were.
  ///
  /// - Parameter place: where they were dropped, the label of the metric.
  public func note(_ count: Int, at place: String) {
    guard count > 0 else { return }
    ProgressBusMetric.erasedDropped.counter([("place", place)], in: metrics).increment(by: count)
    let said = state.withLockedValue { state -> Int? in
      state.unsaid += count
      let now = ContinuousClock.now
      if let last = state.lastSaid, now - last < Self.quietTime { return nil }
      state.lastSaid = now
      defer { state.unsaid = 0 }
      return state.unsaid
    }
    if let said {
      logger.notice(
        "dropped events of erased learners", metadata: ["events": "\(said)", "place": "\(place)"])
    }
  }
}
