/// One series in the answer to a query.
public struct InfluxSeries: Sendable, Equatable, Decodable {
  public let name: String
  /// The tags that the query groups by.
  public let tags: [String: String]
  public let columns: [String]
  /// The rows, each with a value for every column. Times are nanoseconds since 1970.
  public let values: [[InfluxValue]]

  private enum CodingKeys: String, CodingKey { case name, tags, columns, values }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decodeIfPresent(String.self, forKey: .name) ?? ""
    tags = try container.decodeIfPresent([String: String].self, forKey: .tags) ?? [:]
    columns = try container.decode([String].self, forKey: .columns)
    values = try container.decodeIfPresent([[InfluxValue]].self, forKey: .values) ?? []
  }

  /// The rows as dictionaries, without the columns that are null.
  public var rows: [[String: InfluxValue]] {
    values.map { row in
      Dictionary(uniqueKeysWithValues: zip(columns, row).filter { $0.1 != .null })
    }
  }
}
