/// The fields of one object, ready for those who check and write its members.
struct FieldTable: Sendable {
  /// A class, so that using an entry counts one reference of this table alone: the field's own
  /// parts belong to the catalog, and every event loop would count them at the same time.
  final class Entry: Sendable {
    let field: Field
    /// `"name":`, as it is written.
    let writtenName: [UInt8]
    /// The table of the object's own fields, or of its elements' fields.
    let nested: FieldTable?

    init(_ field: Field) {
      self.field = field
      writtenName = Array("\"\(field.name)\":".utf8)
      nested = FieldTable.nestedFields(field.type).map(FieldTable.init)
    }
  }

  let entries: [Entry]
  /// By name and alias, in the order of `entries`.
  let members: JSONMembers

  init(_ fields: [Field]) {
    entries = fields.map(Entry.init)
    members = JSONMembers(
      fields.map(\.name),
      aliases: fields.enumerated().compactMap { index, field in
        field.alias.flatMap { $0 == field.name ? nil : (index, $0) }
      })
  }

  private static func nestedFields(_ type: FieldType) -> [Field]? {
    switch type {
    case .object(let fields): fields
    case .array(let element, _): nestedFields(element)
    default: nil
    }
  }
}
