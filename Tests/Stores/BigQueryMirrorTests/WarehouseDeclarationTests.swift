import Events
import Foundation
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

/// The registry and the catalog.
@Suite(.tags(.servers)) struct WarehouseDeclarationTests {
  @Test func everyExportViewGivesTheDeclaredColumns() async throws {
    try await withMirror("http://127.0.0.1:1") { mirror in
      let sql = try String(
        contentsOfFile: "\(ProjectFolder.path)/Tests/Support/Python/eleven_tables.sql",
        encoding: .utf8)
      try await mirror.pool.withConnection { try await $0.executeScript(sql) }
      try await mirror.pool.query(
        """
        insert into exercise_checks (
          event_id, occurred_at, received_at, passed, course_id, student_id, notebook_path, exercise_id)
        values (gen_random_uuid(), now(), now(), true, 'c1', 's1', 'n.ipynb', 'q1')
        """)
      let tables = try await mirror.controller.store.tables()
      #expect(Set(tables.map(\.sourceTable)) == Set(WarehouseCatalog.tables.map(\.sourceTable)))
      for table in tables {
        let names = try await mirror.text(
          """
          select string_agg(name, ',' order by name)
          from bq_export_\(table.sourceTable), jsonb_object_keys(document) as name
          """)
        let declared = try #require(table.fields).map(\.name)
        #expect(names == declared.sorted().joined(separator: ","), "\(table.sourceTable)")
        for column in table.clustering + table.pseudonymisedColumns
          + [table.idColumn, table.partitionColumn, table.versionColumn].compactMap({ $0 })
        {
          #expect(declared.contains(column), "\(table.sourceTable).\(column)")
        }
        let partition = try #require(table.fields).first { $0.name == table.partitionColumn }
        #expect(partition?.type == "TIMESTAMP")
      }
    }
  }

  @Test func theSessionsTableIsAsItsUsersKnowIt() throws {
    let table = try #require(WarehouseCatalog.table(for: "training_sessions"))
    let names = table.columns.map(\.name)
    #expect(
      names == [
        "user_id_hash", "session_id", "exercise_type", "start_time", "end_time", "duration",
        "status", "rep_count", "set_count", "overall_score", "good_frames", "warning_frames",
        "error_frames", "warnings", "camera_position", "camera_resolution", "camera_fps",
        "total_frames", "processed_frames", "average_fps", "frame_drop_count",
        "average_confidence", "average_inference_time", "max_inference_time",
        "min_inference_time", "platform", "os_version", "device_model", "device_memory",
        "created_at", "synced_at",
      ])
    #expect(
      table.columns.filter { $0.mode == .required }.map(\.name) == [
        "user_id_hash", "session_id", "exercise_type", "start_time", "status", "rep_count",
        "set_count", "created_at", "synced_at",
      ])
    let warnings = try #require(table.columns.first { $0.name == "warnings" })
    #expect(warnings.mode == .repeated && warnings.type == .record)
    #expect(warnings.columns.map(\.type) == [.string, .integer, .string])
  }

  @Test func oneMoreTableIsMirroredBySQLAlone() async throws {
    try await withBigQueryStub(
      hashed: ["badges": ["owner"]],
      otherwise: Answers.script { request in
        request.isInsertAll ? Answers.accepted : .json(200, request.text)
      }
    ) { server in
      try await withMirror(server.url) { mirror in
        try await mirror.pool.withConnection {
          try await $0.executeScript(
            """
            create table badges (badge_id bigint primary key, owner text, given_at timestamptz);
            insert into badges values (1, 'learner-one', now());
            create view bq_export_badges as select badge_id as source_key, jsonb_build_object(
              'badge', 'b-' || badge_id, 'owner', owner, 'given_at', bq_timestamp(given_at)
            ) as document from badges;
            insert into bq_sync_registry (source_table, key_column, export_view, dataset,
              bigquery_table, insert_id_form, id_column, partition_column, pseudonymised_columns,
              retention_column, schema_fields)
            values ('badges', 'badge_id', 'bq_export_badges', 'school', 'badges', 'b-{id}', 'badge',
              'given_at', '{owner}', 'given_at', '[{"name": "badge", "type": "STRING"},
                {"name": "owner", "type": "STRING"}, {"name": "given_at", "type": "TIMESTAMP"}]');
            select bq_sync_install('badges');
            insert into badges values (2, 'learner-one', now());
            """)
        }
        #expect(try await mirror.controller.flush().synced == 2)
        let request = try #require(server.requests.first)
        #expect(request.target.hasSuffix("/datasets/school/tables/badges/insertAll"))
        #expect(try request.sentIDs.sorted() == ["b-1", "b-2"])
        #expect(!request.text.contains("learner-one"))
        #expect(
          try await mirror.controller.createTables().tables.contains { $0.table == "school.badges" }
        )
      }
    }
  }
}
