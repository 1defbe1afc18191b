public import LocalStack
public import Testing

/// What one row a table must be in BigQuery, whether `eleven_tables.sql` put it in or
/// `eleven_tables.ndjson` was sent.
public struct ElevenTables: Sendable {
  /// The keys of rows that get them from their event when one made them.
  let agentMetric: String
  let emotion: String
  let search: String
  let detection: String
  let inference: String
  /// Columns of which only the type is known beforehand.
  let stamps: Set<String>

  /// The rows of `eleven_tables.sql`.
  public static let inserted = ElevenTables(
    agentMetric: "a1", emotion: "e1", search: "r1", detection: "17", inference: "9",
    stamps: ["synced_at", "ingested_at"])

  /// The rows of `eleven_tables.ndjson`.
  public static let posted = ElevenTables(
    agentMetric: "01890a5d-ac96-774b-bcce-b30209900001",
    emotion: "01890a5d-ac96-774b-bcce-b30209900002",
    search: "01890a5d-ac96-774b-bcce-b30209900003",
    detection: "01890a5d-ac96-774b-bcce-b30209900004",
    inference: "01890a5d-ac96-774b-bcce-b30209900005",
    stamps: ["synced_at", "ingested_at", "received_at"])

  /// The salt of the pseudonyms.
  public static let salt = "pepper"

  /// Expects that each table's dedup view in the dataset holds its row.
  ///
  /// - Parameter dataset: with its project.
  public func check(
    _ dataset: String, in emulator: BigQueryEmulator,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let found = try await emulator.rows(
      ofEach: expectations.map { table, filter, _ in
        "SELECT * FROM `\(dataset).\(table)_dedup` WHERE \(filter)"
      })
    for ((table, _, expected), found) in zip(expectations, found) {
      #expect(found.count == 1, "\(table)", sourceLocation: sourceLocation)
      let row = found.first ?? [:]
      for (column, value) in expected where !stamps.contains(column) {
        #expect(row[column] == value, "\(table).\(column)", sourceLocation: sourceLocation)
      }
      let different = Set(expected.keys).symmetricDifference(row.keys)
      #expect(
        different.isSubset(of: stamps), "\(table): \(different)", sourceLocation: sourceLocation)
      for stamp in stamps where row.keys.contains(stamp) {
        guard case .text(let text)? = row[stamp], text.hasPrefix("timestamp:") else {
          Issue.record("\(table).\(stamp) is no timestamp", sourceLocation: sourceLocation)
          continue
        }
      }
    }
  }

  /// The BigQuery table, a filter that finds the row, and the row's columns.
  private var expectations: [(String, String, [String: PythonValue])] {
    notebookTables + coachTables + cameraTables
  }

  private var notebookTables: [(String, String, [String: PythonValue])] {
    [
      (
        "progress_events", "course_id = 'physics'",
        [
          "event_id": "01890a5d-ac96-774b-bcce-b302099a8057", "event_type": "cell_executed",
          "occurred_at": "timestamp:2026-03-01T10:00:00.123456Z",
          "received_at": "timestamp:2026-03-01T10:00:01.000000Z", "course_id": "physics",
          "student_id_hash":
            "bf05bf15dd93dcb43bf88d87a194993285322d3fdec4a0db9bf15c4cf24c9316", "team": "red",
          "session_id": "k1",
          "notebook_path": "/home/[learner]/[name]/a.ipynb", "cell_id": "c1", "cell_index": 3,
          "cell_type": "code", "execution_count": 7, "has_error": true, "error_name": "KeyError",
          "error_message": "write to [e-mail]", "duration_ms": "float:12.5",
          "attributes": ["kernel": "py", "owner": "[name]", "n": 3],
        ]
      ),
      (
        "sessions", "session_id = 't1'",
        [
          "user_id_hash":
            "3ec3e5ada7d357d0c5c638f71248a9815f7abbcbc14c29d0fbd0001d56b88875", "session_id": "t1",
          "exercise_type": "squat",
          "start_time": "timestamp:2026-03-01T10:00:00.000000Z",
          "end_time": "timestamp:2026-03-01T10:05:00.500000Z", "duration": 300,
          "status": "completed", "rep_count": 12, "set_count": 3, "overall_score": 88,
          "good_frames": 0, "warning_frames": 0, "error_frames": 0,
          "warnings": [
            ["type": "knee", "count": 2, "severity": "low"],
            ["type": "back", "count": 0, "severity": nil],
          ],
          "camera_position": nil, "camera_resolution": nil, "camera_fps": 30, "total_frames": 0,
          "processed_frames": 0, "average_fps": "float:29.97", "frame_drop_count": 0,
          "average_confidence": nil, "average_inference_time": nil, "max_inference_time": nil,
          "min_inference_time": nil, "platform": "ios", "os_version": nil, "device_model": nil,
          "device_memory": nil, "created_at": "timestamp:2026-03-01T10:05:01.000001Z",
        ]
      ),
    ]
  }

  private var coachTables: [(String, String, [String: PythonValue])] {
    [
      (
        "dialogue_sessions", "session_id = 'd1'",
        [
          "session_id": "d1", "user_id": "user-1",
          "start_time": "timestamp:2026-03-01T10:00:00.000000Z", "end_time": nil,
          "problem_ids": ["p1", "p 2"], "total_hints_used": 4, "self_solved_count": 1,
          "total_points": 30,
          "dialogue_turns": [
            [
              "turn_id": "1", "speaker": "learner", "content": "\"why\"?\n\u{e9}",
              "timestamp": "timestamp:2026-03-01T10:00:05.654321Z", "emotion": "calm",
            ],
            [
              "turn_id": "2", "speaker": "coach", "content": "because",
              "timestamp": "timestamp:2026-03-01T10:00:06.000000Z", "emotion": nil,
            ],
          ],
          "created_at": "timestamp:2026-03-01T10:10:00.000000Z",
        ]
      ),
      (
        "learning_history", "id = 'h1'",
        [
          "id": "h1", "user_id": "user-1", "problem_id": "p1",
          "attempted_at": "timestamp:2026-03-01T10:01:00.000000Z", "solved_independently": true,
          "hints_used": 2, "time_spent_seconds": 90, "points_earned": 20, "session_id": "d1",
        ]
      ),
      (
        "learning_profile_snapshots", "id = 'l1'",
        [
          "id": "l1", "user_id": "user-1", "snapshot_at": "timestamp:2026-03-01T10:10:00.000000Z",
          "persistence_score": "float:7.5", "independence_score": "float:6.0",
          "reflection_quality": "float:0.1", "hint_dependency": "float:0.25", "total_sessions": 9,
          "total_problems_solved": 40,
          "subject_understanding": [
            ["subject": "math", "topic": "sets", "level": "float:0.5", "trend": "up"]
          ],
        ]
      ),
      (
        "agent_metrics", "id = '\(agentMetric)'",
        [
          "id": .text(agentMetric), "session_id": "d1", "agent_name": "tutor",
          "timestamp": "timestamp:2026-03-01T10:00:07.000000Z", "action": "answer",
          "latency_ms": 9_007_199_254_740_993, "tokens_used": 512, "tool_name": nil,
          "success": false, "error_message": "x", "user_id": "user-1",
        ]
      ),
      (
        "emotion_analysis", "id = '\(emotion)'",
        [
          "id": .text(emotion), "session_id": "d1", "user_id": "user-1",
          "analyzed_at": "timestamp:2026-03-01T10:00:08.000000Z", "emotion": "calm",
          "confidence": "float:0.9", "frustration_level": "float:0.1",
          "support_level_adjustment": "less", "turn_id": "1",
        ]
      ),
      (
        "rag_metrics", "id = '\(search)'",
        [
          "id": .text(search), "session_id": "d1",
          "queried_at": "timestamp:2026-03-01T10:00:09.000000Z",
          "corpus_id": "books", "query_text": "sets", "results_count": 5,
          "top_relevance_score": "float:0.75", "latency_ms": 40, "used_in_response": true,
          "user_id": "user-1",
        ]
      ),
    ]
  }

  private var cameraTables: [(String, String, [String: PythonValue])] {
    [
      (
        "semantic_events", "event_id = 'det_\(detection)'",
        [
          "event_id": .text("det_\(detection)"), "tid": "T1", "fid": "F1", "camera_lacis_id": "cam",
          "detected_at": "timestamp:2026-03-01T10:00:10.000001Z", "severity": 2,
          "detection_type": "car", "detection_detail": ["boxes": [1, 2]],
          "tags": ["gate", "a,b"], "vehicle_ocr": ["plate": "X"], "face_features": nil,
          "snapshot_url": "http://x/y", "source_device": "edge",
        ]
      ),
      (
        "summaries", "summary_id = 'SUM-5'",
        [
          "summary_id": "SUM-5", "tid": "T1", "fid": "F1", "summary_type": "hourly",
          "period_start": "timestamp:2026-03-01T09:00:00.000000Z",
          "period_end": "timestamp:2026-03-01T10:00:00.000000Z", "summary_text": "quiet",
          "summary_json": ["a"], "detection_count": 3, "severity_max": 1, "camera_ids": ["cam"],
          "created_at": "timestamp:2026-03-01T10:00:11.000000Z",
        ]
      ),
      (
        "inference_logs", "inference_id = 'inf_\(inference)'",
        [
          "inference_id": .text("inf_\(inference)"), "tid": "T1", "fid": "F1",
          "camera_lacis_id": "cam",
          "model_name": "yolo", "model_version": "8", "inference_type": "detect", "latency_ms": 20,
          "detection_count": 1, "confidence": "float:0.5", "success": true, "error_message": nil,
          "result": ["ok": true], "created_at": "timestamp:2026-03-01T10:00:12.000000Z",
        ]
      ),
    ]
  }
}
