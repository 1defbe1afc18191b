public import Events
import NIOConcurrencyHelpers
import NIOCore

/// Says which partition of the journal an event goes to: all of a learner's events in a course go to one, so they keep
/// their order. Keeps its working memory between events.
///
/// The partition is the FNV-1a hash (64 bits) of the course, a zero byte and the learner, in UTF-8, modulo the number of
/// partitions, plus 1. Of several learners whom an event names the first counts by the order of their bytes; an event
/// that names none goes by its course alone. Whatever else puts events into the journal has to do the same.
public struct EventPartitioner: Sendable {
  private let partitions: UInt64
  private var courses = EventCourseReader()
  private var learners: LearnerReader

  /// - Parameter partitions: at least 1.
  public init(partitions: Int, catalog: EventCatalog) {
    self.partitions = UInt64(partitions)
    learners = LearnerReader(catalog: catalog)
  }

  /// From 1; 0 where the journal is one stream.
  public mutating func partition(of event: PublishedEvent) -> UInt16 {
    guard partitions > 1 else { return 0 }
    return event.payload.withUnsafeReadableBytes { bytes in
      let course = courses.course(of: bytes) ?? Envelope.defaultCourse
      let learner = learners.learners(in: bytes, eventType: event.eventType)?
        .min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      return Self.partition(course: course, learner: learner ?? "", of: partitions)
    }
  }

  /// - Parameter learner: empty for an event that names none.
  static func partition(course: String, learner: String, of partitions: UInt64) -> UInt16 {
    // http://www.isthe.com/chongo/tech/comp/fnv/
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    for byte in course.utf8 { mix(byte) }
    mix(0)
    for byte in learner.utf8 { mix(byte) }
    return UInt16(hash % partitions) + 1
  }
}

/// The same for those on any thread who have time.
final class SharedPartitioner: Sendable {
  private let partitioner: NIOLockedValueBox<EventPartitioner>

  init(_ partitioner: EventPartitioner) { self.partitioner = NIOLockedValueBox(partitioner) }

  /// From 1; 0 where the journal is one stream.
  func partition(of event: PublishedEvent) -> UInt16 {
    partitioner.withLockedValue { $0.partition(of: event) }
  }
}
