/// Checks events against the catalog and writes those that pass in their canonical form: known
/// fields only, in the order of their declaration, with the envelope complete, on one line.
///
/// Keeps its working memory between events; use one for each event loop or task.
public struct EventNormalizer {
  /// A class, so that using one counts one reference.
  private final class KindTable {
    let eventType: String
    let table: FieldTable
    /// The `event_type` as it is written, without the quotes.
    let writtenType: [UInt8]
    /// Whether teachers look at the events, which then say where the sender's clock was wrong.
    let takesCorrection: Bool
    /// The entries of the fields that senders set, behind the envelope's.
    let sentEntries: Range<Int>
    /// The entry of the field that says whose event it is; nil for kinds that never say.
    let learnerEntry: Int?
    /// Whether other fields, inside objects and arrays too, can name learners as well.
    let namesFurtherLearners: Bool
    /// That field's name.
    let learnerField: String?
    /// Bytes of `,"name":"` in front of that value.
    let learnerPrefix: Int

    init(_ kind: EventKind, keepsWork: Bool) {
      eventType = kind.eventType
      table = FieldTable(kind.fields, keepsWork: keepsWork)
      writtenType = Array(kind.eventType.utf8)
      let own = kind.fields.dropFirst(Envelope.fields.count)
      takesCorrection = own.first?.name == "corrected_at"
      sentEntries = Envelope.fields.count + (takesCorrection ? 1 : 0)..<kind.fields.count
      let learner = kind.fields.firstIndex { $0.privacy == .identifier }
      learnerEntry = learner
      learnerField = learner.map { kind.fields[$0].name }
      namesFurtherLearners =
        EventCatalog.learnerFields(in: kind.fields).count > (learner == nil ? 0 : 1)
      learnerPrefix = learner.map { kind.fields[$0].name.utf8.count + 5 } ?? 0
    }

    func isNamed(_ name: UnsafeRawBufferPointer) -> Bool { writtenType.isSame(as: name) }
  }

  private let catalog: EventCatalog
  private let kinds: [KindTable]
  private let limits: EventLimits
  private var identifiers = EventIDGenerator()
  private var values: ValueNormalizer
  private var writtenReceivedAt = WrittenTimestamp(Timestamp(microseconds: 0))
  /// The place in `kinds` of the last event's kind.
  private var lastKind = 0

  /// - Parameter keepsWork: whether fields of `Privacy.work` are kept; otherwise they are dropped.
  public init(catalog: EventCatalog, limits: EventLimits = EventLimits(), keepsWork: Bool = false) {
    self.catalog = catalog
    self.limits = limits
    self.kinds = catalog.kinds.map { KindTable($0, keepsWork: keepsWork) }
    self.values = ValueNormalizer(microsecondsAhead: limits.microsecondsAhead)
  }

  /// Normalises the value at `index` of the tape.
  ///
  /// - Parameters:
  ///   - bytes: the text that `tape` was made from.
  ///   - defaultOccurredAt: `occurred_at` of an event that has none; nil for `receivedAt`.
  ///   - correctedAt: when it happened, where the sender's clock is known to be wrong (`SenderClock`). Kinds that
  ///     teachers do not look at leave it out.
  ///   - output: at least `CanonicalForm.bound(of:)` bytes for the value's length.
  public mutating func normalize(
    _ bytes: UnsafeBufferPointer<UInt8>, tape: JSONTape, at index: Int, receivedAt: Timestamp,
    defaultOccurredAt: Timestamp? = nil, correctedAt: Timestamp? = nil,
    into output: UnsafeMutableRawBufferPointer
  ) throws(EventRejection) -> NormalizedEvent {
    let raw = UnsafeRawBufferPointer(bytes)
    let token = tape.tokens[index]
    guard token.kind == .object else {
      throw EventRejection(FieldError("", .type, "an event must be a JSON object"))
    }
    guard Int(token.end - token.start) <= limits.eventBytes else {
      throw EventRejection(
        FieldError("", .tooLarge, "an event must not be over \(limits.eventBytes) bytes"))
    }
    guard Int(token.deepest - token.depth) <= limits.depth else {
      throw EventRejection(
        FieldError("", .tooDeep, "an event must not nest deeper than \(limits.depth) levels"))
    }
    let kind = try locateKind(raw, tape: tape, at: index)
    values.begin(raw, of: kind.table, receivedAt: receivedAt)

    var writer = ByteWriter(output)
    let eventID =
      values.eventID(tape, entry: EnvelopeIndex.eventID)
      ?? identifiers.next(at: receivedAt)
    let occurredAt =
      values.occurredAt(tape, entry: EnvelopeIndex.occurredAt) ?? defaultOccurredAt ?? receivedAt
    writer.write(CanonicalForm.beforeEventID)
    writer.fill(EventID.textLength) { eventID.write(to: $0) }
    writer.write(CanonicalForm.beforeEventType)
    kind.writtenType.withUnsafeBytes { writer.write($0) }
    writer.write(CanonicalForm.beforeOccurredAt)
    writer.fill(Timestamp.canonicalLength) { occurredAt.write(to: $0) }
    writer.write(CanonicalForm.beforeReceivedAt)
    // The same for all events of a request.
    if receivedAt != writtenReceivedAt.moment { writtenReceivedAt = WrittenTimestamp(receivedAt) }
    withUnsafeBytes(of: writtenReceivedAt.text) { writer.write($0) }
    let courseStart = writer.count + CanonicalForm.beforeCourse.utf8CodeUnitCount
    writer.write(UInt8(ascii: "\""))
    if !values.write(tape, entry: EnvelopeIndex.courseID, of: kind.table, to: &writer) {
      writer.write(CanonicalForm.defaultCourse)
    }
    let courseEnd = writer.count - 1
    var learner: Range<Int>?
    if let correctedAt, kind.takesCorrection {
      writer.write(CanonicalForm.beforeCorrectedAt)
      writer.fill(Timestamp.canonicalLength) { correctedAt.write(to: $0) }
      writer.write(UInt8(ascii: "\""))
    }
    for entry in kind.sentEntries {
      let start = writer.count
      let isWritten = values.write(tape, entry: entry, of: kind.table, to: &writer)
      if isWritten, entry == kind.learnerEntry {
        // Empty where it is no text, which is a fault besides.
        learner = start + kind.learnerPrefix..<max(start + kind.learnerPrefix, writer.count - 1)
      }
    }
    writer.write(UInt8(ascii: "}"))
    let errors = values.end()
    guard errors.isEmpty else { throw EventRejection(errors) }
    return NormalizedEvent(
      eventType: kind.eventType, id: eventID, length: writer.count, occurredAt: occurredAt,
      takesCorrection: kind.takesCorrection, course: courseStart..<courseEnd, learner: learner,
      learnerField: kind.learnerField, namesFurtherLearners: kind.namesFurtherLearners)
  }

  /// Finds the event's kind and where the values of its fields stand. The last event's kind is tried
  /// first: events come in runs, and since every kind begins with the envelope, the fields of any of them
  /// find `event_type`.
  private mutating func locateKind(
    _ bytes: UnsafeRawBufferPointer, tape: JSONTape, at object: Int
  ) throws(EventRejection) -> KindTable {
    values.locate(kinds[lastKind].table, in: tape, object: object, bytes)
    guard let token = values.token(tape, slot: EnvelopeIndex.eventType) else {
      throw EventRejection(FieldError("/event_type", .required, "is required"))
    }
    guard token.kind == .string else {
      throw EventRejection(FieldError("/event_type", .type, "must be a string"))
    }
    let raw = UnsafeRawBufferPointer(rebasing: bytes[Int(token.start)..<Int(token.end)])
    if kinds[lastKind].isNamed(raw) { return kinds[lastKind] }
    for (index, kind) in kinds.enumerated() where kind.isNamed(raw) {
      lastKind = index
      values.locate(kind.table, in: tape, object: object, bytes)
      return kind
    }
    throw EventRejection(
      FieldError(
        "/event_type", .unknownEventType,
        "must be one of " + catalog.kinds.map(\.eventType).joined(separator: ", ")))
  }
}

/// The places of the envelope's fields in every kind's table.
private enum EnvelopeIndex {
  static let eventID = index("event_id")
  static let eventType = index("event_type")
  static let occurredAt = index("occurred_at")
  static let courseID = index("course_id")

  private static func index(_ name: String) -> Int {
    guard let index = Envelope.fields.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("the envelope declares \(name)")
    }
    return index
  }
}

/// An event that passed, now written in its canonical form.
public struct NormalizedEvent: Sendable {
  public let eventType: String
  public let id: EventID
  /// Bytes of the canonical form.
  public let length: Int
  /// By the sender's clock.
  public let occurredAt: Timestamp
  /// Whether the kind has a `corrected_at`.
  public let takesCorrection: Bool
  /// Where the course stands in the canonical form: the text between the quotes, which may hold escapes.
  public let course: Range<Int>
  /// Where it says whose it is, in the same way; nil where it does not.
  public let learner: Range<Int>?
  /// The name of the field that holds it.
  public let learnerField: String?
  /// Whether the kind has further fields that name learners; `LearnerReader` finds them.
  public let namesFurtherLearners: Bool
}

/// What an event may be at most.
public struct EventLimits: Sendable, Equatable {
  /// Bytes of an event as it was sent.
  public var eventBytes: Int
  /// Objects and arrays inside one another, the event itself included.
  public var depth: Int
  /// How far ahead of its receipt an event may say that it happened, in microseconds.
  public var microsecondsAhead: Int64

  public init(
    eventBytes: Int = 64 * 1024, depth: Int = 8, microsecondsAhead: Int64 = 24 * 3600 * 1_000_000
  ) {
    self.eventBytes = eventBytes
    self.depth = depth
    self.microsecondsAhead = microsecondsAhead
  }
}
