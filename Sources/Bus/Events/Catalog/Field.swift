/// One field of an event kind. Validation, storage, charts, the warehouse, the JSON Schema and the
/// redaction of logs all read this one declaration.
public struct Field: Sendable, Equatable {
  /// The member's name in the event.
  public let name: String
  /// The column's name in PostgreSQL and BigQuery.
  public let column: String
  /// The name under which the JupyterLab cell-monitor extension sends it.
  public let alias: String?
  public let type: FieldType
  public let isRequired: Bool
  public let privacy: Privacy
  public let series: SeriesRole
  /// One sentence for the published schema.
  public let summary: String

  public init(
    _ name: String, _ type: FieldType, column: String? = nil, alias: String? = nil,
    required: Bool = false, privacy: Privacy = .open, series: SeriesRole = .omitted,
    _ summary: String
  ) {
    self.name = name
    self.column = column ?? name
    self.alias = alias
    self.type = type
    self.isRequired = required
    self.privacy = privacy
    self.series = series
    self.summary = summary
  }
}
