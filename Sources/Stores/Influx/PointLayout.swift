internal import Events

/// How the points of one event kind are written, worked out once from the kind's declaration.
package struct PointLayout: Sendable {
  /// What a column's value looks like in line protocol.
  enum Form: Sendable, Equatable {
    case text, integer, number, boolean
    /// A container, as the text of its JSON.
    case json
  }

  /// One declared field that appears in the point.
  struct Column: Sendable {
    let name: String
    /// The escaped name and `=`.
    let prefix: [UInt8]
    let form: Form
  }

  /// The escaped measurement.
  let measurement: [UInt8]
  /// Every tag and field, in the order of declaration, which is that of the members in an event.
  let columns: [Column]
  /// The columns by their names in an event.
  let members: JSONMembers
  /// Places in `columns`, sorted by key: the server need not sort the tags then.
  let tags: [Int]
  let fields: [Int]
  /// The places of the two members that make the point's time.
  let time: Int
  let eventID: Int

  /// Nil when the kind has no measurement.
  ///
  /// - Precondition: a field of the series has a form, a tag is text, and the kind has the envelope.
  init?(_ kind: EventKind) {
    guard let measurement = kind.measurement else { return nil }
    self.measurement = LineProtocolText.escapedMeasurement(measurement)
    let declared = kind.fields.filter { $0.series != .omitted }
    columns = declared.map { field in
      guard let form = Self.form(of: field.type) else {
        preconditionFailure("\(kind.eventType).\(field.name) has no form in a time series")
      }
      return Column(
        name: field.name,
        prefix: LineProtocolText.escapedKey(field.name) + [UInt8(ascii: "=")], form: form)
    }
    members = JSONMembers(columns.map(\.name))
    tags = declared.indices.filter { declared[$0].series == .tag }
      .sorted { declared[$0].name.utf8.lexicographicallyPrecedes(declared[$1].name.utf8) }
    fields = declared.indices.filter { declared[$0].series == .field }
    guard let time = declared.firstIndex(where: { $0.series == .time }),
      let eventID = declared.firstIndex(where: { $0.name == "event_id" })
    else { preconditionFailure("\(kind.eventType) has no time or no event_id") }
    self.time = time
    self.eventID = eventID
  }

  private static func form(of type: FieldType) -> Form? {
    switch type {
    case .string, .enumeration, .timestamp, .uuid: .text
    case .integer: .integer
    case .number: .number
    case .boolean: .boolean
    case .scalars: .json
    case .json, .object, .array: nil
    }
  }
}

/// The time of an event's point.
enum PointTime {
  /// Nanoseconds since 1970: the event's time and, below its precision, an offset that comes from the
  /// event's id. Writing an event again overwrites its own point, while two events of one time (and
  /// the same tags) overwrite each other only once in a thousand, or once in a million where the time
  /// is given to the millisecond, as clocks of browsers do.
  ///
  /// - Returns: nil when the time lies outside what 64 bits can hold (years 1677 to 2262).
  static func nanoseconds(_ occurredAt: Timestamp, _ id: EventID) -> Int64? {
    let (product, overflow) = occurredAt.microseconds.multipliedReportingOverflow(by: 1000)
    let (sum, carry) = product.addingReportingOverflow(
      offset(of: id, below: occurredAt.microseconds % 1000 == 0 ? 1_000_000 : 1000))
    // The server keeps the two values at each end for itself.
    guard !overflow, !carry, sum > .min + 1, sum < .max - 1 else { return nil }
    return sum
  }

  /// Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4): ids that count upwards spread as
  /// well as random ones.
  static func offset(of id: EventID, below bound: UInt64) -> Int64 {
    Int64((id.high ^ id.low) &* 0x9E37_79B9_7F4A_7C15 >> 32 % bound)
  }
}
