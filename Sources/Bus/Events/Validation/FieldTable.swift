#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// The fields of one kind of event and of the objects inside it, ready for those who check and write values.
///
/// Plain values in flat arrays: going through them counts no references, which every event loop would count
/// at the same time.
final class FieldTable: Sendable {
  /// What a value must be; see `FieldType`.
  enum Check: BitwiseCopyable, Sendable {
    case string(minimum: Int, maximum: Int, maximumBytes: Int?)
    /// One of these of `words`.
    case enumeration(first: Int, count: Int)
    case integer(from: Int64, to: Int64)
    case number(from: Double, to: Double)
    case boolean, timestamp, uuid, json
    case scalars(maximum: Int)
    /// By its place in `objects`.
    case object(Int)
    /// By the place in `entries` of what each element must be.
    case array(of: Int, maximum: Int)
  }

  struct Entry: BitwiseCopyable, Sendable {
    fileprivate(set) var check: Check
    let isRequired: Bool
    /// Whether its value is written at all; see `Privacy`.
    let passesIngest: Bool
    /// Where `,"name":`, as it is written, stands in `text`.
    let prefixStart: Int
    let prefixCount: Int
  }

  struct Object: Sendable {
    /// Its fields in `entries`, in their order.
    let fields: Range<Int>
    /// By name and alias, in the order of `fields`.
    let members: JSONMembers
  }

  let entries: [Entry]
  /// By the places of `entries`.
  let names: [String]
  /// The first one is the event.
  let objects: [Object]
  let words: [[UInt8]]
  let text: [UInt8]

  init(_ fields: [Field], keepsWork: Bool) {
    var layout = Layout(keepsWork: keepsWork)
    _ = layout.append(fields)
    (entries, names, objects) = (layout.entries, layout.names, layout.objects)
    (words, text) = (layout.words, layout.text)
  }

  /// Lays the fields out: those of an object side by side, and those of the objects inside it behind them.
  private struct Layout {
    let keepsWork: Bool
    var entries: [Entry] = []
    var names: [String] = []
    var objects: [Object] = []
    var words: [[UInt8]] = []
    var text: [UInt8] = []

    init(keepsWork: Bool) { self.keepsWork = keepsWork }

    /// - Returns: the place of the object.
    mutating func append(_ fields: [Field]) -> Int {
      let object = objects.count
      let places = entries.count..<entries.count + fields.count
      let aliases = fields.enumerated().compactMap { index, field in
        field.alias.flatMap { $0 == field.name ? nil : (member: index, name: $0) }
      }
      objects.append(
        Object(fields: places, members: JSONMembers(fields.map(\.name), aliases: aliases)))
      for field in fields {
        let prefix = ",\"\(field.name)\":".utf8
        append(
          Entry(
            check: .json, isRequired: field.isRequired,
            passesIngest: field.privacy.passesIngest(keepingWork: keepsWork),
            prefixStart: text.count, prefixCount: prefix.count), named: field.name)
        text += prefix
      }
      for (place, field) in zip(places, fields) {
        let check = check(field.type)
        entries[place].check = check
      }
      return object
    }

    private mutating func append(_ entry: Entry, named name: String) {
      entries.append(entry)
      names.append(name)
    }

    private mutating func check(_ type: FieldType) -> Check {
      switch type {
      case .string(let minimum, let maximum, let maximumBytes):
        return .string(minimum: minimum, maximum: maximum, maximumBytes: maximumBytes)
      case .enumeration(let allowed):
        words += allowed.map { Array($0.utf8) }
        return .enumeration(first: words.count - allowed.count, count: allowed.count)
      case .integer(let range): return .integer(from: range.lowerBound, to: range.upperBound)
      case .number(let range): return .number(from: range.lowerBound, to: range.upperBound)
      case .boolean: return .boolean
      case .timestamp: return .timestamp
      case .uuid: return .uuid
      case .json: return .json
      case .scalars(let maximum): return .scalars(maximum: maximum)
      case .object(let fields): return .object(append(fields))
      case .array(let type, let maximum):
        let check = check(type)
        append(
          Entry(
            check: check, isRequired: false, passesIngest: true, prefixStart: 0, prefixCount: 0),
          named: "")
        return .array(of: entries.count - 1, maximum: maximum)
      }
    }
  }
}

extension [UInt8] {
  /// Whether both are the same bytes.
  @inline(__always)
  func isSame(as other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count, let start = other.baseAddress else { return count == other.count }
    return withUnsafeBytes { bytes in
      bytes.baseAddress.map { memcmp($0, start, count) == 0 } ?? true
    }
  }
}
