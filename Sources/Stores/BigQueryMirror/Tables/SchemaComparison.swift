/// A difference between a table that exists and what it should be.
public struct ColumnDifference: Sendable, Encodable, Equatable {
  public enum Kind: String, Sendable, Encodable {
    case missing, unexpected, type, mode
    /// Partitioning, clustering or the partition filter.
    case layout
  }

  /// The column's path, for example `warnings.count`.
  public let column: String
  public let kind: Kind
  public let expected: String?
  public let found: String?
}

/// Compares tables column by column.
enum SchemaComparison {
  static func differences(
    expected: TableDefinition, found: TableDefinition
  ) -> [ColumnDifference] {
    columns(expected.schema?.fields ?? [], found.schema?.fields ?? [], below: "")
      + layout(expected, found)
  }

  private static func columns(
    _ expected: [TableField], _ found: [TableField], below path: String
  ) -> [ColumnDifference] {
    var differences: [ColumnDifference] = []
    for field in expected {
      let column = path + field.name
      // Column names are compared without regard to case, as BigQuery does.
      guard let other = found.first(where: { $0.name.lowercased() == field.name.lowercased() })
      else {
        differences.append(
          ColumnDifference(
            column: column, kind: .missing,
            expected: "\(field.canonicalType) \(field.canonicalMode)", found: nil))
        continue
      }
      if field.canonicalType != other.canonicalType {
        differences.append(
          ColumnDifference(
            column: column, kind: .type, expected: field.canonicalType,
            found: other.canonicalType))
      }
      if field.canonicalMode != other.canonicalMode {
        differences.append(
          ColumnDifference(
            column: column, kind: .mode, expected: field.canonicalMode,
            found: other.canonicalMode))
      }
      differences += columns(field.fields ?? [], other.fields ?? [], below: column + ".")
    }
    for field in found
    where !expected.contains(where: { $0.name.lowercased() == field.name.lowercased() }) {
      differences.append(
        ColumnDifference(
          column: path + field.name, kind: .unexpected, expected: nil,
          found: "\(field.canonicalType) \(field.canonicalMode)"))
    }
    return differences
  }

  private static func layout(
    _ expected: TableDefinition, _ found: TableDefinition
  ) -> [ColumnDifference] {
    let aspects: [(String, String?, String?)] = [
      ("timePartitioning.field", expected.timePartitioning?.field, found.timePartitioning?.field),
      (
        "timePartitioning.expirationMs", expected.timePartitioning?.expirationMs,
        found.timePartitioning?.expirationMs
      ),
      (
        "requirePartitionFilter", "\(expected.requirePartitionFilter ?? false)",
        "\(found.requirePartitionFilter ?? false)"
      ),
      (
        "clustering.fields", expected.clustering?.fields.joined(separator: ","),
        found.clustering?.fields.joined(separator: ",")
      ),
    ]
    return aspects.filter { $0.1 != $0.2 }.map { name, expected, found in
      ColumnDifference(column: name, kind: .layout, expected: expected, found: found)
    }
  }
}
