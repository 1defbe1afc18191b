import Events
import JSONText
import LearningRecords
import NIOCore

/// What the things that another program sent in one request become: an event each, a fault, or nothing of ours.
struct Translation {
  /// Makes ids for what has none, and says nothing by which it could be told from others.
  let newID: () -> EventID
  private(set) var ignored = 0
  /// Those of what was ignored that have an id of their own.
  private var ignoredIDs: [DecodedBatch.Accepted] = []
  private var events: [(place: Int, draft: EventDraft)] = []
  private var faults: [DecodedBatch.Rejected] = []
  private(set) var count = 0

  init(newID: @escaping () -> EventID = EventID.randomVersion4) { self.newID = newID }

  mutating func take(_ draft: EventDraft) {
    events.append((count, draft))
    count += 1
  }

  /// - Parameter fault: by the sender's own name of the field.
  mutating func refuse(_ fault: FieldError) {
    faults.append(DecodedBatch.Rejected(index: count, errors: [fault]))
    count += 1
  }

  /// There is no kind of event for it.
  ///
  /// - Parameter id: its own, by which the answer names it.
  mutating func ignore(_ id: EventID? = nil) {
    if let id { ignoredIDs.append(DecodedBatch.Accepted(index: count, id: id)) }
    ignored += 1
    count += 1
  }

  /// The events in our own form, as an array.
  ///
  /// - Parameters:
  ///   - salt: see `OtherClientsConfiguration`.
  ///   - limit: how many bytes an event with learners' work may have; others go without their work.
  func body(of client: OtherClient, salt: String, workWithin limit: Int) -> ByteBuffer {
    var text: [UInt8] = [UInt8(ascii: "[")]
    for (place, event) in events.enumerated() {
      if place > 0 { text.append(UInt8(ascii: ",")) }
      event.draft.write(of: client, salt: salt, workWithin: limit, to: &text)
    }
    text.append(UInt8(ascii: "]"))
    return ByteBuffer(bytes: text)
  }

  /// What became of the events, by the places and names of what was sent.
  ///
  /// - Parameter batch: what was decoded of `body`.
  func result(_ batch: DecodedBatch) -> DecodedBatch {
    var result = batch
    result.ignored = ignoredIDs
    result.accepted = batch.accepted.map {
      DecodedBatch.Accepted(index: events[$0.index].place, id: $0.id)
    }
    let rejected = batch.rejected.map { rejected in
      let (place, draft) = events[rejected.index]
      return DecodedBatch.Rejected(index: place, errors: rejected.errors.map(draft.sent))
    }
    result.rejected = (rejected + faults).sorted { $0.index < $1.index }
    return result
  }
}

/// An event in the making, and where each of its fields comes from.
struct EventDraft {
  /// Of ours; the names within are the clients and what they have sent.
  private static let namespace = EventID("5f0d3c1e-8a27-4c53-9b1e-6d9e0c7f4a11")!

  /// The members in JSON, but for the id.
  private var members: [UInt8]
  /// Those that a server may drop. The id is not made of them: it stays the same whatever a server keeps.
  private var work: [UInt8] = []
  private var sources: [(field: String, pointer: String)] = []
  private var identity = Identity.contents

  private enum Identity {
    case contents
    case given(EventID)
  }

  init(_ eventType: String) {
    members = Array(#","event_type":"\#(eventType)""#.utf8)
  }

  /// Takes a value as it was sent; events are checked later, and faults then named by `pointer`.
  mutating func copy(_ field: String, from body: SentValue, _ pointer: String) {
    sources.append((field, pointer))
    if let value = body[at: pointer] { Self.append(field, value.source, to: &members) }
  }

  /// - Parameter pointer: where it was found; nil for what was not sent.
  mutating func set(_ field: String, to text: String, from pointer: String? = nil) {
    if let pointer { sources.append((field, pointer)) }
    Self.append(field, Self.quoted(text), to: &members)
  }

  mutating func set(_ field: String, to value: Bool, from pointer: String) {
    sources.append((field, pointer))
    Self.append(field, (value ? "true" : "false").utf8, to: &members)
  }

  /// - Parameter value: finite.
  mutating func set(_ field: String, to value: Double, from pointer: String) {
    sources.append((field, pointer))
    Self.append(field, "\(value)".utf8, to: &members)
  }

  /// Takes a text for people to read, which programs that do not know our limits may send too long: it is cut. A text that is
  /// none is left out.
  ///
  /// - Parameters:
  ///   - maximum: Unicode scalars.
  ///   - isWork: whether the field is of `Privacy.work`.
  mutating func cut(
    _ field: String, to maximum: Int, from body: SentValue, _ pointer: String, isWork: Bool = false
  ) {
    guard let value = body[at: pointer] else { return sources.append((field, pointer)) }
    cut(field, to: maximum, of: value, pointer, isWork: isWork)
  }

  /// - Parameter pointer: where the value was found.
  mutating func cut(
    _ field: String, to maximum: Int, of value: SentValue, _ pointer: String, isWork: Bool = false
  ) {
    sources.append((field, pointer))
    guard let text = value.text else { return }
    // PostgreSQL cannot hold U+0000.
    let scalars = text.unicodeScalars.prefix(maximum).map { $0 == "\0" ? "\u{FFFD}" : $0 }
    var shortened = String.UnicodeScalarView()
    shortened.append(contentsOf: scalars)
    let value = Self.quoted(String(shortened))
    if isWork {
      Self.append(field, value, to: &work)
    } else {
      Self.append(field, value, to: &members)
    }
  }

  /// Gives the event an id that is not made of what it says.
  mutating func identify(_ id: EventID) { identity = .given(id) }

  /// Writes the event with an id that is made of what it says, so that what is sent again is the same event.
  fileprivate func write(
    of client: OtherClient, salt: String, workWithin limit: Int, to text: inout [UInt8]
  ) {
    let start = text.count
    let id =
      switch identity {
      case .contents:
        EventID(
          name: Array(client.rawValue.utf8) + members,
          in: EventID(name: Array(salt.utf8), in: Self.namespace))
      case .given(let id): id
      }
    text += #"{"event_id":"\#(id)""#.utf8
    text += members
    if text.count - start + work.count < limit { text += work }
    text.append(UInt8(ascii: "}"))
  }

  /// The same fault by the sender's name of the field; of what was not sent, of the whole.
  fileprivate func sent(_ fault: FieldError) -> FieldError {
    let path = fault.pointer.dropFirst()
    let field = path.prefix { $0 != "/" }
    let source = sources.last { $0.field == field }
    return FieldError(
      source.map { $0.pointer + path.dropFirst(field.count) } ?? "", fault.code, fault.message)
  }

  private static func append(
    _ field: String, _ value: some Sequence<UInt8>, to members: inout [UInt8]
  ) {
    members += ",\"\(field)\":".utf8
    members += value
  }

  private static func quoted(_ text: String) -> [UInt8] {
    var quoted: [UInt8] = []
    JSONEscaping.append(text, to: &quoted)
    return quoted
  }
}

extension EventID {
  /// A UUID of version 4 (RFC 9562, section 5.4). Clients check versions: tincan 1.0.0 takes none above 5.
  static func randomVersion4() -> EventID {
    let id = EventID.random()
    return EventID(high: id.high & ~0xF000 | 0x4000, low: id.low & (.max >> 2) | 1 << 63)
  }
}
