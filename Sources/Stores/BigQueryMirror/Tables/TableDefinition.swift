/// A table as BigQuery's API describes it
/// (https://cloud.google.com/bigquery/docs/reference/rest/v2/tables).
struct TableDefinition: Codable, Sendable, Equatable {
  struct Reference: Codable, Sendable, Equatable {
    let projectId: String
    let datasetId: String
    let tableId: String
  }

  struct Schema: Codable, Sendable, Equatable {
    let fields: [TableField]?
  }

  struct TimePartitioning: Codable, Sendable, Equatable {
    let type: String
    let field: String?
    /// A number in decimal digits, as the API writes 64-bit integers.
    let expirationMs: String?
  }

  struct Clustering: Codable, Sendable, Equatable {
    let fields: [String]
  }

  struct View: Codable, Sendable, Equatable {
    let query: String
    let useLegacySql: Bool
  }

  let tableReference: Reference
  var schema: Schema?
  var timePartitioning: TimePartitioning?
  var requirePartitionFilter: Bool?
  var clustering: Clustering?
  var view: View?
}
