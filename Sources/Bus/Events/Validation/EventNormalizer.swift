/// Checks events against the catalog and writes those that pass in their canonical form: known
/// fields only, in the order of their declaration, with the envelope complete, on one line.
///
/// Keeps its working memory between events; use one for each event loop or task.
public struct EventNormalizer {
  /// A class for the reason that `FieldTable.Entry` is one.
  private final class KindTable {
    let eventType: String
    let table: FieldTable
    /// `"event_type":"…"`, as it is written.
    let writtenType: [UInt8]

    init(_ kind: EventKind) {
      eventType = kind.eventType
      table = FieldTable(kind.fields)
      writtenType = Array("\"event_type\":\"\(kind.eventType)\"".utf8)
    }
  }

  private let catalog: EventCatalog
  private let kinds: [KindTable]
  private let limits: EventLimits
  private var identifiers = EventIDGenerator()
  private var values: ValueNormalizer

  /// - Parameter keepsWork: whether fields of `Privacy.work` are kept; otherwise they are dropped.
  public init(catalog: EventCatalog, limits: EventLimits = EventLimits(), keepsWork: Bool = false) {
    self.catalog = catalog
    self.limits = limits
    self.kinds = catalog.kinds.map(KindTable.init)
    self.values = ValueNormalizer(
      microsecondsAhead: limits.microsecondsAhead, keepsWork: keepsWork)
  }

  /// The most bytes that the canonical form of an event of `length` bytes can take.
  public static func canonicalBound(of length: Int) -> Int {
    // A timestamp can grow from 20 bytes to 27, a name by two; the envelope adds what is constant.
    length * 2 + 512
  }

  /// Normalises the value at `index` of the tape.
  ///
  /// - Parameters:
  ///   - bytes: the text that `tape` was made from.
  ///   - defaultOccurredAt: `occurred_at` of an event that has none; nil for `receivedAt`.
  ///   - output: at least `canonicalBound(of:)` bytes for the value's length.
  public mutating func normalize(
    _ bytes: UnsafeBufferPointer<UInt8>, tape: JSONTape, at index: Int, receivedAt: Timestamp,
    defaultOccurredAt: Timestamp? = nil, into output: UnsafeMutableRawBufferPointer
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
    let kind = kinds[try kindIndex(raw, tape: tape, at: index)]
    values.begin(raw, receivedAt: receivedAt)
    values.collect(tape, object: index, table: kind.table)

    var writer = ByteWriter(output)
    let eventID =
      values.eventID(tape, entry: EnvelopeIndex.eventID)
      ?? identifiers.next(at: receivedAt)
    let occurredAt =
      values.occurredAt(tape, entry: EnvelopeIndex.occurredAt) ?? defaultOccurredAt ?? receivedAt
    writer.write("{\"event_id\":\"".utf8)
    writer.fill(EventID.textLength) { eventID.write(to: $0) }
    writer.write("\",".utf8)
    kind.writtenType.withUnsafeBytes { writer.write($0) }
    writer.write(",\"occurred_at\":\"".utf8)
    writer.fill(Timestamp.canonicalLength) { occurredAt.write(to: $0) }
    writer.write("\",\"received_at\":\"".utf8)
    writer.fill(Timestamp.canonicalLength) { receivedAt.write(to: $0) }
    writer.write(UInt8(ascii: "\""))
    if !values.write(tape, entry: EnvelopeIndex.courseID, of: kind.table, to: &writer) {
      writer.write(",\"course_id\":\"default\"".utf8)
    }
    for entry in Envelope.fields.count..<kind.table.entries.count {
      values.write(tape, entry: entry, of: kind.table, to: &writer)
    }
    writer.write(UInt8(ascii: "}"))
    let errors = values.end()
    guard errors.isEmpty else { throw EventRejection(errors) }
    return NormalizedEvent(eventType: kind.eventType, id: eventID, length: writer.count)
  }

  /// Finds the event's kind; the last `event_type` counts, as it does for every other field.
  private func kindIndex(
    _ bytes: UnsafeRawBufferPointer, tape: JSONTape, at object: Int
  ) throws(EventRejection) -> Int {
    var found: JSONToken?
    var index = object + 1
    while index < Int(tape.tokens[object].next) {
      if kinds[0].table.index(of: tape.tokens[index], in: bytes) == EnvelopeIndex.eventType {
        found = tape.tokens[index + 1]
      }
      index = Int(tape.tokens[index + 1].next)
    }
    guard let token = found, token.kind != .null else {
      throw EventRejection(FieldError("/event_type", .required, "is required"))
    }
    guard token.kind == .string else {
      throw EventRejection(FieldError("/event_type", .type, "must be a string"))
    }
    let raw = bytes[Int(token.start)..<Int(token.end)]
    for (index, kind) in kinds.enumerated()
    where kind.eventType.utf8.count == raw.count && kind.eventType.utf8.elementsEqual(raw) {
      return index
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
