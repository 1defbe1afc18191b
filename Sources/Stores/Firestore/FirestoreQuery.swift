import JSONText
public import Sessions

/// A query (`StructuredQuery` of the REST API), as far as it is needed here.
public struct FirestoreQuery: Sendable {
  public enum Comparison: String, Sendable {
    case equal = "EQUAL"
    case atLeast = "GREATER_THAN_OR_EQUAL"
  }

  public struct Filter: Sendable {
    let field: String
    let comparison: Comparison
    let value: SessionValue

    public init(_ field: String, _ comparison: Comparison, _ value: SessionValue) {
      self.field = field
      self.comparison = comparison
      self.value = value
    }
  }

  /// The document that the collection is below; the root when it has no names.
  public var parent: FirestorePath
  public var collection: String
  /// Whether collections of that name at any depth are searched.
  public var isGroup = false
  public var filters: [Filter] = []
  /// Ordered by these fields and then by the documents' names. A document that lacks one of them is not
  /// found.
  public var order: [String] = []
  public var isDescending = false
  public var limit: Int?
  /// The only fields that are read; empty for none but the names, nil for all.
  public var fields: [String]?
  /// Begins behind this position: the values of `order`, and the document's path.
  public var after: (values: [SessionValue], path: FirestorePath)?

  /// Bytes of the answer, of which more is an error.
  public var responseLimit = 64 << 20

  public init(_ collection: String, below parent: FirestorePath = FirestorePath()) {
    self.collection = collection
    self.parent = parent
  }

  func body(_ database: FirestoreDatabase) -> [UInt8] {
    func field(_ name: String) -> SessionValue { .map(["fieldPath": .string(name)]) }
    var query: [String: SessionValue] = [
      "from": .array([
        .map(
          isGroup
            ? ["collectionId": .string(collection), "allDescendants": .boolean(true)]
            : ["collectionId": .string(collection)])
      ]),
      "orderBy": .array(
        (order + ["__name__"]).map {
          .map([
            "field": field($0), "direction": .string(isDescending ? "DESCENDING" : "ASCENDING"),
          ])
        }),
    ]
    if let limit { query["limit"] = .integer(Int64(limit)) }
    if let fields {
      query["select"] = .map([
        "fields": .array((fields.isEmpty ? ["__name__"] : fields).map(field))
      ])
    }
    if !filters.isEmpty {
      let filters = filters.map { filter in
        SessionValue.map([
          "fieldFilter": .map([
            "field": field(filter.field), "op": .string(filter.comparison.rawValue),
            "value": typed(filter.value),
          ])
        ])
      }
      query["where"] =
        filters.count == 1
        ? filters[0]
        : .map(["compositeFilter": .map(["op": .string("AND"), "filters": .array(filters)])])
    }
    if let after {
      // `before: false`, the default, begins behind the position.
      let name = SessionValue.reference(database.name(of: after.path))
      query["startAt"] = .map(["values": .array((after.values + [name]).map(typed))])
    }
    return SessionValue.map(["structuredQuery": .map(query)]).json
  }

  private func typed(_ value: SessionValue) -> SessionValue {
    var bytes: [UInt8] = []
    FirestoreValue.append(value, to: &bytes)
    // What was just written is JSON.
    return (try? SessionValue(json: bytes)) ?? .null
  }
}
