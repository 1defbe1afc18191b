import JSONText

/// Finds the learners whom events name: the values of all fields that the catalog declares as
/// `Privacy.identifier`, inside objects and arrays too, in the normal form that the ingest gives them. Keeps its
/// working memory between events.
public struct LearnerReader: Sendable {
  /// The members of an object that name learners, or hold objects that do.
  private final class LearnerMembers: Sendable {
    struct Member: Sendable {
      let isLearner: Bool
      let inner: LearnerMembers?
    }

    let names: JSONMembers
    let members: [Member]

    /// Nil when the object names nobody.
    init?(_ fields: [Field]) {
      let found = fields.compactMap { field -> (Field, Member)? in
        let member = Member(
          isLearner: field.privacy == .identifier, inner: LearnerMembers.inside(field.type))
        return member.isLearner || member.inner != nil ? (field, member) : nil
      }
      if found.isEmpty { return nil }
      names = JSONMembers(
        found.map(\.0.name),
        aliases: found.enumerated().compactMap { index, element in
          element.0.alias.map { (index, $0) }
        })
      members = found.map(\.1)
    }

    private static func inside(_ type: FieldType) -> LearnerMembers? {
      switch type {
      case .object(let fields): LearnerMembers(fields)
      case .array(let element, _): inside(element)
      default: nil
      }
    }
  }

  private let kinds: [String: LearnerMembers]
  private var tape = JSONTape()
  private var values: [Int] = []

  public init(catalog: EventCatalog) {
    kinds = catalog.kinds.reduce(into: [:]) { kinds, kind in
      kinds[kind.eventType] = LearnerMembers(kind.fields)
    }
  }

  /// - Parameter eventType: the event's kind; nil for a message that is no valid event, which is read as each.
  /// - Returns: nil when `event` is no JSON object, so that nobody can tell whom it names.
  public mutating func learners(
    in event: UnsafeRawBufferPointer, eventType: String?
  ) -> Set<String>? {
    if let eventType, kinds[eventType] == nil { return [] }
    do { try tape.scan(event.assumingMemoryBound(to: UInt8.self)) } catch { return nil }
    guard tape.tokens[0].kind == .object else { return nil }
    var learners: Set<String> = []
    values.removeAll(keepingCapacity: true)
    if let eventType {
      if let members = kinds[eventType] { read(0, members, event, into: &learners) }
    } else {
      for members in kinds.values { read(0, members, event, into: &learners) }
    }
    return learners
  }

  private mutating func read(
    _ object: Int, _ known: LearnerMembers, _ bytes: UnsafeRawBufferPointer,
    into learners: inout Set<String>
  ) {
    let base = known.names.findValues(of: object, in: tape, bytes, appendingTo: &values)
    for (index, member) in known.members.enumerated() {
      let value = values[base + index]
      if value != JSONMembers.absent { read(value, member, bytes, into: &learners) }
    }
    values.removeSubrange(base...)
  }

  private mutating func read(
    _ index: Int, _ member: LearnerMembers.Member, _ bytes: UnsafeRawBufferPointer,
    into learners: inout Set<String>
  ) {
    let token = tape.tokens[index]
    switch token.kind {
    case .array:
      var child = index + 1
      while child < Int(token.next) {
        read(child, member, bytes, into: &learners)
        child = Int(tape.tokens[child].next)
      }
    case .object:
      if let inner = member.inner { read(index, inner, bytes, into: &learners) }
    case .string where member.isLearner && !token.traits.contains(.loneSurrogate):
      let raw = UnsafeRawBufferPointer(rebasing: bytes[Int(token.start)..<Int(token.end)])
      learners.insert(
        JSONString.decode(raw, isEscaped: token.traits.contains(.escaped)).composed)
    default: break
    }
  }
}

extension EventCatalog {
  /// The columns of tables that hold learners.
  public var learnerColumns: Set<String> {
    Set(kinds.flatMap { Self.learnerFields(in: $0.fields) }.map(\.column))
  }

  /// The measurements of the time series, each with the tag that holds the learner; nil where none does.
  public var learnerTags: [(measurement: String, tag: String?)] {
    let measured = kinds.compactMap { kind in
      kind.measurement.map { measurement in
        (
          measurement,
          Self.learnerFields(in: kind.fields).first { $0.series == .tag }?.name
        )
      }
    }
    return Dictionary(measured, uniquingKeysWith: { first, other in first ?? other })
      .sorted { $0.key < $1.key }.map { (measurement: $0.key, tag: $0.value) }
  }

  /// Fields that name learners, those inside objects and arrays too.
  static func learnerFields(in fields: [Field]) -> [Field] {
    fields.flatMap { field -> [Field] in
      (field.privacy == .identifier ? [field] : []) + inside(field.type)
    }
  }

  private static func inside(_ type: FieldType) -> [Field] {
    switch type {
    case .object(let fields): learnerFields(in: fields)
    case .array(let element, _): inside(element)
    default: []
    }
  }
}
