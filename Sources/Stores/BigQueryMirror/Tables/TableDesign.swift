/// What BigQuery is to have for a mirrored table: the table, and the view that shows each row once.
struct TableDesign: Sendable {
  let table: TableDefinition
  let dedupView: TableDefinition
  /// Columns without which the view cannot be made.
  let dedupColumns: Set<String>

  /// Nil when nobody declares the table's columns.
  init?(_ mirrored: MirroredTable, projectID: String, datasetID: String) {
    guard let fields = mirrored.fields else { return nil }
    let dataset = mirrored.dataset ?? datasetID
    table = TableDefinition(
      tableReference: .init(
        projectId: projectID, datasetId: dataset, tableId: mirrored.table),
      schema: .init(fields: fields),
      timePartitioning: .init(
        type: "DAY", field: mirrored.partitionColumn,
        expirationMs: mirrored.partitionExpirationDays.map { String($0 * 86_400_000) }),
      requirePartitionFilter: mirrored.requiresPartitionFilter ? true : nil,
      clustering: mirrored.clustering.isEmpty ? nil : .init(fields: mirrored.clustering))
    dedupColumns = [
      mirrored.idColumn, mirrored.versionColumn ?? mirrored.partitionColumn,
      mirrored.partitionColumn,
    ]
    dedupView = TableDefinition(
      tableReference: .init(
        projectId: projectID, datasetId: dataset, tableId: Self.dedupName(mirrored.table)),
      view: .init(
        query: Self.dedupQuery(mirrored, projectID: projectID, datasetID: dataset),
        useLegacySql: false))
  }

  static func dedupName(_ table: String) -> String { table + "_dedup" }

  /// insertId keeps doubles out for about a minute, and a retry may come an hour later: of the rows with
  /// one id, the newest is shown. A row without an id is from before the mirror.
  private static func dedupQuery(
    _ mirrored: MirroredTable, projectID: String, datasetID: String
  ) -> String {
    let order = mirrored.versionColumn ?? mirrored.partitionColumn
    // A table that demands a filter on its partitions gets one that leaves nothing out.
    let filter =
      mirrored.requiresPartitionFilter
      ? """
      `\(mirrored.partitionColumn)` >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), \
      INTERVAL \(mirrored.partitionExpirationDays ?? 36_500) DAY)
      """ : "TRUE"
    return """
      SELECT * FROM `\(projectID).\(datasetID).\(mirrored.table)` WHERE \(filter) \
      QUALIFY `\(mirrored.idColumn)` IS NULL OR ROW_NUMBER() OVER \
      (PARTITION BY `\(mirrored.idColumn)` ORDER BY `\(order)` DESC) = 1
      """
  }
}
