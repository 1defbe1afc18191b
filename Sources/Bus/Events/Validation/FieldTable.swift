#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// The fields of one object, ready for look-ups by the bytes of a member's name.
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
  /// Open addressing: the index of a name in `names`, or -1.
  private let buckets: [Int16]
  private let names: [(bytes: [UInt8], entry: Int)]

  init(_ fields: [Field]) {
    entries = fields.map(Entry.init)
    var names: [(bytes: [UInt8], entry: Int)] = []
    for (index, field) in fields.enumerated() {
      names.append((Array(field.name.utf8), index))
      if let alias = field.alias, alias != field.name { names.append((Array(alias.utf8), index)) }
    }
    var size = 16
    while size < names.count * 4 { size *= 2 }
    var buckets = [Int16](repeating: -1, count: size)
    for (index, name) in names.enumerated() {
      var bucket = name.bytes.withUnsafeBytes(Self.hash) & (size - 1)
      while buckets[bucket] >= 0 { bucket = (bucket + 1) & (size - 1) }
      buckets[bucket] = Int16(index)
    }
    self.names = names
    self.buckets = buckets
  }

  fileprivate static func nestedFields(_ type: FieldType) -> [Field]? {
    switch type {
    case .object(let fields): fields
    case .array(let element, _): nestedFields(element)
    default: nil
    }
  }

  /// The index of the field that a scanned key names.
  func index(of key: JSONToken, in text: UnsafeRawBufferPointer) -> Int? {
    let raw = UnsafeRawBufferPointer(rebasing: text[Int(key.start)..<Int(key.end)])
    guard key.traits.contains(.escaped) else { return index(of: raw) }
    return Array(JSONString.decode(raw, isEscaped: true).utf8).withUnsafeBytes { index(of: $0) }
  }

  /// The index of the field with this name or alias.
  @inline(__always)
  func index(of name: UnsafeRawBufferPointer) -> Int? {
    var bucket = Self.hash(name) & (buckets.count - 1)
    while buckets[bucket] >= 0 {
      let candidate = names[Int(buckets[bucket])]
      if candidate.bytes.count == name.count,
        candidate.bytes.withUnsafeBytes({ memcmp($0.baseAddress!, name.baseAddress!, name.count) })
          == 0
      {
        return candidate.entry
      }
      bucket = (bucket + 1) & (buckets.count - 1)
    }
    return nil
  }

  @inline(__always)
  private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
    guard let first = name.first, let last = name.last else { return 0 }
    return name.count &* 7 ^ Int(first) &* 31 ^ Int(last) &* 131 ^ Int(name[name.count / 2]) &* 17
  }
}
