internal import Events

/// How the points of one event kind are written, worked out once from the kind's declaration.
struct PointLayout: Sendable {
  /// What a column's value looks like in line protocol.
  enum Form: Sendable, Equatable {
    case text, integer, number, boolean
    /// A container, as the text of its JSON.
    case json
  }

  /// One declared field that appears in the point.
  struct Column: Sendable {
    let name: String
    /// The name's bytes, as they stand in the event.
    let key: [UInt8]
    /// The escaped name and `=`.
    let prefix: [UInt8]
    let form: Form
  }

  /// The escaped measurement.
  let measurement: [UInt8]
  /// Every tag and field, in the order of declaration, which is that of the members in an event.
  let columns: [Column]
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
        name: field.name, key: Array(field.name.utf8),
        prefix: LineProtocolText.escapedKey(field.name) + [UInt8(ascii: "=")], form: form)
    }
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

  /// The column of a member, looking first where the one before it ended: events list their members
  /// in the order of declaration.
  func column(named key: UnsafeRawBufferPointer, from hint: Int) -> Int? {
    for step in 0..<columns.count {
      let index = hint + step < columns.count ? hint + step : hint + step - columns.count
      if Self.isEqual(columns[index].key, key) { return index }
    }
    return nil
  }

  private static func isEqual(_ name: [UInt8], _ key: UnsafeRawBufferPointer) -> Bool {
    guard name.count == key.count else { return false }
    return name.withUnsafeBytes { name in
      for index in 0..<name.count where name[index] != key[index] { return false }
      return true
    }
  }
}
