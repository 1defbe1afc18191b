import JSONText

/// Publishes the catalog as JSON Schema (draft 2020-12), for those who send events.
public enum JSONSchema {
  private static let dialect = "https://json-schema.org/draft/2020-12/schema"

  /// The schema of one kind of event, as it is sent.
  public static func document(for kind: EventKind) -> OrderedJSON {
    .object(
      [
        ("$schema", .text(dialect)), ("title", .text(kind.eventType)),
        ("description", .text(kind.summary)),
      ] + members(of: kind))
  }

  /// The schema of any event of the catalog.
  public static func document(for catalog: EventCatalog) -> OrderedJSON {
    .object([
      ("$schema", .text(dialect)), ("title", .text("ProgressBus event")),
      (
        "oneOf",
        .array(
          catalog.kinds.map { kind in
            .object(
              [("title", .text(kind.eventType)), ("description", .text(kind.summary))]
                + members(of: kind))
          })
      ),
    ])
  }

  private static func members(of kind: EventKind) -> [(String, OrderedJSON)] {
    let sent = kind.fields.filter { !$0.isSetByServer }
    return object(sent) { field in
      field.name == "event_type" ? [("const", .text(kind.eventType))] : type(field.type)
    }
  }

  private static func object(
    _ fields: [Field], type: (Field) -> [(String, OrderedJSON)]
  ) -> [(String, OrderedJSON)] {
    let properties = fields.map { field in
      (field.name, OrderedJSON.object(type(field) + [("description", .text(description(field)))]))
    }
    let required = fields.filter(\.isRequired).map { OrderedJSON.text($0.name) }
    return [
      ("type", .text("object")), ("required", .array(required)),
      ("properties", .object(properties)),
    ]
  }

  /// JSON Schema counts characters only, so that a limit in bytes is told in words.
  private static func description(_ field: Field) -> String {
    guard case .string(_, _, let bytes?) = field.type else { return field.summary }
    return "\(field.summary) At most \(bytes) bytes in UTF-8."
  }

  private static func type(_ type: FieldType) -> [(String, OrderedJSON)] {
    switch type {
    case .string(let minimum, let maximum, _):
      [("type", .text("string"))] + (minimum > 0 ? [("minLength", .integer(Int64(minimum)))] : [])
        + [("maxLength", .integer(Int64(maximum)))]
    case .enumeration(let words): [("enum", .array(words.map { .text($0) }))]
    case .integer(let range):
      [
        ("type", .text("integer")), ("minimum", .integer(range.lowerBound)),
        ("maximum", .integer(range.upperBound)),
      ]
    case .number(let range):
      [
        ("type", .text("number")), ("minimum", .number(range.lowerBound)),
        ("maximum", .number(range.upperBound)),
      ]
    case .boolean: [("type", .text("boolean"))]
    case .timestamp: [("type", .text("string")), ("format", .text("date-time"))]
    case .uuid: [("type", .text("string")), ("format", .text("uuid"))]
    case .scalars(let maximum):
      [
        ("type", .text("object")), ("maxProperties", .integer(Int64(maximum))),
        (
          "additionalProperties",
          .object([
            (
              "type",
              .array([.text("string"), .text("number"), .text("boolean"), .text("null")])
            )
          ])
        ),
      ]
    case .json: []
    case .object(let fields): object(fields) { self.type($0.type) }
    case .array(let element, let maximum):
      [
        ("type", .text("array")), ("maxItems", .integer(Int64(maximum))),
        ("items", .object(self.type(element))),
      ]
    }
  }
}

/// A JSON value whose members keep their order, for documents that people read.
public indirect enum OrderedJSON: Sendable, Equatable {
  case text(String)
  case integer(Int64)
  case number(Double)
  case boolean(Bool)
  case array([OrderedJSON])
  case object([(String, OrderedJSON)])

  public static func == (left: OrderedJSON, right: OrderedJSON) -> Bool {
    left.pretty() == right.pretty()
  }

  /// The text, indented by two spaces a level.
  public func pretty(indentation: Int = 0) -> String {
    let inner = String(repeating: "  ", count: indentation + 1)
    let outer = String(repeating: "  ", count: indentation)
    switch self {
    case .text(let text): return Self.quoted(text)
    case .integer(let value): return String(value)
    case .number(let value):
      return value == value.rounded() && value.magnitude < 0x1p53
        ? String(Int64(value)) : "\(value)"
    case .boolean(let value): return String(value)
    case .array(let elements):
      if elements.isEmpty { return "[]" }
      let lines = elements.map { inner + $0.pretty(indentation: indentation + 1) }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
    case .object(let members):
      if members.isEmpty { return "{}" }
      let lines = members.map { name, value in
        inner + Self.quoted(name) + ": " + value.pretty(indentation: indentation + 1)
      }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    JSONEscaping.append(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
