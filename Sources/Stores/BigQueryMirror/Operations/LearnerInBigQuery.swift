import Events
import Foundation
import PostgresDriver

/// A mirrored table in BigQuery that holds learners, and how to find a learner's rows in it.
public struct LearnerTable: Sendable, Equatable {
  /// With its dataset.
  public let name: String
  /// Whether other tables' rows are found by the sessions in it, so that its rows must go last.
  public let ownsSessions: Bool
  let path: String
  /// Holds for a learner's rows; `@learner0`, `@learner1` … are what the table may know the learner by.
  let condition: String
  let parameters: [String]
}

/// What became of an attempt to delete a learner's rows.
public enum LearnerDeletion: Sendable, Equatable {
  case deleted(Int)
  /// Rows came in by streaming so lately that BigQuery changes nothing of them yet: half an hour, sometimes 90
  /// minutes (https://cloud.google.com/bigquery/docs/data-manipulation-language#limitations).
  case stillStreaming
  /// There is no such table.
  case missing
}

extension MirrorController {
  /// Whether something was ever sent to BigQuery from this database.
  ///
  /// - Throws: `PostgresError`.
  public func hasEverSent() async throws -> Bool {
    try await store.pool.query(
      "select exists (select from bq_sync_counts where synced > 0) as has_sent"
    ).first?.value("has_sent") ?? false
  }

  /// The tables that hold learners, in the order in which rows have to go: those whose rows may be found by their
  /// session alone come first, while the sessions are still known.
  ///
  /// - Parameter names: the forms of the learner's id. Where a salt is known, their pseudonyms are looked for too,
  ///   for a table may have changed from one to the other.
  /// - Throws: `MirrorError`, or `PostgresError`.
  public func learnerTables(_ names: [String]) async throws -> [LearnerTable] {
    let mirrored = try await store.tables()
    let pseudonymizer = try await parts.pseudonymizer()
    let needing = MirrorEngine.needingSalt(mirrored)
    if pseudonymizer == nil, !needing.isEmpty { throw MirrorError.missingSalt(tables: needing) }
    let identities = names + names.compactMap { pseudonymizer?.pseudonym(for: $0) }
    let named = EventCatalog.standard.learnerColumns
    let isOneOf = identities.indices.map { "@learner\($0)" }.joined(separator: ", ")
    var first: [LearnerTable] = []
    var then: [LearnerTable] = []
    var last: [LearnerTable] = []
    let sessions = mirrored.first {
      $0.idColumn == "session_id" && $0.scopeColumn == nil
        && !learnerColumns(of: $0, named).isEmpty
    }
    for table in mirrored {
      let columns = learnerColumns(of: table, named)
      guard !columns.isEmpty else { continue }
      var conditions = columns.map { "`\($0.name)` IN (\(isOneOf))" }
      let followsSession =
        columns.allSatisfy { !$0.isRequired } && table.sourceTable != sessions?.sourceTable
        && (table.fields ?? []).contains { $0.name == "session_id" }
      if followsSession, let sessions, let owner = learnerColumns(of: sessions, named).first {
        conditions.append(
          """
          (\(columns.map { "`\($0.name)` IS NULL" }.joined(separator: " AND ")) AND `session_id` IN \
          (SELECT `session_id` FROM `\(path(of: sessions))` WHERE `\(owner.name)` IN (\(isOneOf))))
          """)
      }
      // A table that demands a filter on its partitions gets one that leaves nothing out.
      let partition =
        table.requiresPartitionFilter
        ? " AND (`\(table.partitionColumn)` >= TIMESTAMP '0001-01-01 00:00:00+00' OR `\(table.partitionColumn)` IS NULL)"
        : ""
      let found = LearnerTable(
        name: "\(table.dataset ?? configuration.datasetID).\(table.table)",
        ownsSessions: table.sourceTable == sessions?.sourceTable, path: path(of: table),
        condition: "(\(conditions.joined(separator: " OR ")))\(partition)",
        parameters: identities)
      if followsSession {
        first.append(found)
      } else if found.ownsSessions {
        last.append(found)
      } else {
        then.append(found)
      }
    }
    return first + then + last
  }

  /// How many rows of a learner there are; nil when there is no such table.
  ///
  /// - Throws: `MirrorError`.
  public func count(in table: LearnerTable) async throws -> Int? {
    do {
      let rows = try await call().rows(
        "SELECT COUNT(*) FROM `\(table.path)` WHERE \(table.condition)", parameters(table))
      return rows.first?.first.flatMap { $0 }.flatMap { Int($0) } ?? 0
    } catch MirrorError.google(let error) where error.status == 404 {
      return nil
    }
  }

  /// Deletes a learner's rows, all or none.
  ///
  /// - Throws: `MirrorError`.
  public func delete(from table: LearnerTable) async throws -> LearnerDeletion {
    do {
      return .deleted(
        try await call().affectedRows(
          "DELETE FROM `\(table.path)` WHERE \(table.condition)", parameters(table)))
    } catch MirrorError.google(let error) where error.isAboutStreamingBuffer {
      return .stillStreaming
    } catch MirrorError.google(let error) where error.status == 404 {
      return .missing
    }
  }

  /// A learner's rows, each as one JSON object.
  ///
  /// - Throws: `MirrorError`.
  public func rows(in table: LearnerTable) async throws -> [String] {
    do {
      return try await call().rows(
        "SELECT TO_JSON_STRING(learner) FROM `\(table.path)` AS learner WHERE \(table.condition)",
        parameters(table)
      ).compactMap { $0.first ?? nil }
    } catch MirrorError.google(let error) where error.status == 404 {
      return []
    }
  }

  private func call() async throws -> QueryCall {
    // A statement over a large table takes its time.
    QueryCall(
      client: try await parts.client(), location: configuration.location, deadline: .seconds(600))
  }

  private func parameters(_ table: LearnerTable) -> [QueryCall.Parameter] {
    table.parameters.enumerated().map { .init("learner\($0)", "STRING", $1) }
  }

  private func path(of table: MirroredTable) -> String {
    "\(configuration.projectID).\(table.dataset ?? configuration.datasetID).\(table.table)"
  }

  /// By the declaration of the table's fields; for a table that only the registry knows, by its pseudonyms and the
  /// names that learners' columns have in the catalog.
  private func learnerColumns(
    of table: MirroredTable, _ named: Set<String>
  ) -> [(name: String, isRequired: Bool)] {
    if let declared = WarehouseCatalog.table(for: table.sourceTable) {
      return declared.columns.filter { $0.privacy == .identifier }
        .map { ($0.name, $0.mode == .required) }
    }
    return (table.fields ?? []).filter {
      table.pseudonymisedColumns.contains($0.name) || named.contains($0.name)
    }.map { ($0.name, $0.canonicalMode == "REQUIRED") }
  }
}

extension GoogleError {
  /// Google gives no reason of its own for it, only the words "would affect rows in the streaming buffer, which is
  /// not supported" or "… not supported over table with streaming buffer".
  fileprivate var isAboutStreamingBuffer: Bool {
    status == 400 && message.localizedCaseInsensitiveContains("streaming buffer")
  }
}
