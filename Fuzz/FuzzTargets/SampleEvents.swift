import Events
import Foundation

/// An event of each kind, with a value in each of its fields.
enum SampleEvents {
  static let texts: [[UInt8]] = EventCatalog.standard.kinds.map { kind in
    var members = object(kind.fields)
    members["event_type"] = kind.eventType
    // Strings, numbers, booleans, arrays and objects alone.
    return try! [UInt8](JSONSerialization.data(withJSONObject: members))
  }

  private static func object(_ fields: [Field]) -> [String: Any] {
    Dictionary(uniqueKeysWithValues: fields.map { ($0.name, value(of: $0.type)) })
  }

  private static func value(of type: FieldType) -> Any {
    switch type {
    case .string: #"日本 a\b "c", d=e"#
    case .enumeration(let words): words.first ?? ""
    case .integer(let range): range.clamped(to: 1...100).lowerBound
    case .number(let range): range.clamped(to: 0.25...100).lowerBound
    case .boolean: true
    case .timestamp: "2026-09-21T13:33:20.25+02:00"
    case .uuid: "0198c5a0-0000-7000-8000-000000000001"
    case .scalars: ["a": 1.5, "b": "c", "d": false] as [String: Any]
    case .json: ["a": [1, 2.5, "c"]] as [String: Any]
    case .object(let fields): object(fields)
    case .array(let element, _): [value(of: element)]
    }
  }
}
