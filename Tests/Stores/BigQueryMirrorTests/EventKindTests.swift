import Events
import Foundation
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

/// Events of the mirrored systems.
@Suite(.tags(.servers)) struct EventKindTests {
  /// Normalises an event as the ingest does.
  private func canonical(_ event: String) throws -> (text: String, function: String) {
    var normalizer = EventNormalizer(catalog: .standard)
    var tape = JSONTape()
    let bytes = Array(event.utf8)
    return try bytes.withUnsafeBufferPointer { buffer in
      try tape.scan(buffer)
      var output = [UInt8](repeating: 0, count: CanonicalForm.bound(of: bytes.count))
      let normalized = try output.withUnsafeMutableBytes {
        try normalizer.normalize(
          buffer, tape: tape, at: 0, receivedAt: Timestamp(microseconds: 1_772_884_800_000_000),
          into: $0)
      }
      return (
        String(decoding: output.prefix(normalized.length), as: UTF8.self),
        try #require(EventCatalog.standard[normalized.eventType]).storedBy
      )
    }
  }

  private func store(_ event: String, in mirror: MirrorFixture) async throws {
    let (text, function) = try canonical(event)
    try await mirror.pool.query("select \(function)($1::json)", [.text("[\(text)]")])
  }

  private static let id = #""event_id":"01890a5d-ac96-774b-bcce-b302099a80"#
  private static let training = """
    {"event_type":"training_session_completed",\(id)01","session":{"sessionId":"s","userId":"u",
    "exerciseType":"squat","startTime":"2026-03-01T10:00:00Z","endTime":"2026-03-01T10:05:00Z",
    "duration":300,"status":"completed","repCount":12,
    "formFeedback":{"overallScore":88,"goodFrames":5,"warnings":[{"type":"knee","count":2,"severity":"low"}]},
    "cameraSettings":{"position":"front","resolution":"720p","fps":30},
    "sessionMetadata":{"totalFrames":9,"averageFps":29.9,
      "mediapipePerformance":{"averageInferenceTime":12.5},
      "deviceInfo":{"platform":"ios","osVersion":"17","deviceModel":"x","deviceMemory":4}},
    "createdAt":"2026-03-01T10:06:00Z","unknown":1}}
    """
  private static let dialogue = """
    {"event_type":"dialogue_session_ended",\(id)02","session":{"session_id":"d","user_id":"u",
    "start_time":"2026-03-01T10:00:00Z","problem_ids":["p1"],"total_points":5,
    "dialogue_turns":[{"turn_id":"1","speaker":"coach","content":"hm","timestamp":"2026-03-01T10:00:01+02:00"}]},
    "learning_history":[{"problem_id":"p1","attempted_at":"2026-03-01T10:01:00Z","hints_used":1},
      {"problem_id":"p2","solved_independently":true}],
    "profile_snapshot":{"persistence_score":7.5,
      "subject_understanding":[{"subject":"math","topic":"sets","level":0.5}]}}
    """
  private static let flat = [
    #"{"event_type":"agent_metric",\#(id)03","session_id":"d","agent_name":"tutor","action":"answer","latency_ms":9,"success":true}"#,
    #"{"event_type":"emotion_analysis",\#(id)04","session_id":"d","user_id":"u","emotion":"calm"}"#,
    #"{"event_type":"rag_metric",\#(id)05","session_id":"d","corpus_id":"books","used_in_response":false}"#,
    #"{"event_type":"detection_logged",\#(id)06","tid":"T","fid":"F","tags":["a"],"detection_detail":{"x":[1]}}"#,
    #"{"event_type":"summary_created",\#(id)07","summary_id":"7","tid":"T","fid":"F","camera_ids":["c"],"summary_json":["x"]}"#,
    #"{"event_type":"inference_logged",\#(id)08","tid":"T","fid":"F","result":{"ok":1}}"#,
  ]

  @Test func eachEventEndsInItsTablesOnce() async throws {
    try await withMirror("http://127.0.0.1:1") { mirror in
      for _ in 0..<2 {
        for event in [Self.training, Self.dialogue] + Self.flat {
          try await store(event, in: mirror)
        }
      }
      let counts = try await mirror.text(
        """
        select string_agg(source_table || ' ' || rows, ', ' order by source_table)
        from (select source_table, count(*) as rows from bq_sync_queue group by 1) as queued
        """)
      #expect(
        counts
          == "agent_metrics 1, ai_summary_cache 1, detection_logs 1, dialogue_sessions 1, "
          + "emotion_analysis 1, is21_logs 1, learning_history 2, learning_profile_snapshots 1, "
          + "rag_metrics 1, training_sessions 1")
      #expect(
        try await mirror.text(
          """
          select concat_ws(' ', rep_count, set_count, overall_score, good_frames, error_frames,
            camera_position, total_frames, average_inference_time, platform, device_memory,
            warnings) from training_sessions
          """)
          == #"12 0 88 5 0 front 9 12.5 ios 4 [{"type": "knee", "count": 2, "severity": "low"}]"#)
      #expect(
        try await mirror.text(
          "select dialogue_turns #>> '{0,timestamp}' from dialogue_sessions")
          == "2026-03-01T08:00:01.000000Z")
      #expect(
        try await mirror.text(
          """
          select string_agg(concat_ws(' ', user_id, problem_id, session_id, bq_timestamp(attempted_at)),
            ', ' order by problem_id) from learning_history
          """)
          == "u p1 d 2026-03-01T10:01:00.000000Z, u p2 d 2026-03-07T12:00:00.000000Z")
    }
  }

  @Test func momentsInsideARowGoOutAsBigQueryWantsThem() async throws {
    try await withBigQueryStub(otherwise: Answers.script { _ in Answers.accepted }) { server in
      try await withMirror(server.url) { mirror in
        try await mirror.pool.query(
          """
          insert into dialogue_sessions (session_id, user_id, start_time, dialogue_turns)
          select 's' || number, 'u', now(), jsonb_build_array(jsonb_build_object('timestamp', moment))
          from unnest(array['"2026-03-01T12:00:06+02:00"', '"2026-03-01"', '"soon"', '7', 'null']::jsonb[])
            with ordinality as turn(moment, number)
          """)
        #expect(try await mirror.controller.flush().synced == 5)
        let body = try #require(server.requests.first).text
        for moment in [
          #""2026-03-01T10:00:06.000000Z""#, #""2026-03-01T00:00:00.000000Z""#, #""soon""#, "7",
          "null",
        ] {
          #expect(body.contains(#""timestamp": \#(moment)"#), "\(moment)")
        }
      }
    }
  }

  @Test func anEndedDialogueChangesItsThreeTablesOrNone() async throws {
    try await withMirror("http://127.0.0.1:1") { mirror in
      try await mirror.pool.query(
        "alter table learning_profile_snapshots add check (false) not valid")
      await #expect(throws: PostgresError.self) { try await store(Self.dialogue, in: mirror) }
      for table in ["dialogue_sessions", "learning_history", "bq_sync_queue", "bq_sync_ledger"] {
        #expect(try await mirror.number("select count(*) from \(table)") == 0, "\(table)")
      }
    }
  }

  @Test(arguments: [
    (#"{"event_type":"training_session_completed"}"#, "/session"),
    (
      #"{"event_type":"training_session_completed","session":{"sessionId":"s","userId":"u","exerciseType":"x","startTime":"soon","status":"s"}}"#,
      "/session/startTime"
    ),
    (
      #"{"event_type":"dialogue_session_ended","session":{"session_id":"d","user_id":"u","start_time":"2026-03-01T10:00:00Z","dialogue_turns":[{"turn_id":"1","speaker":"x","timestamp":"2026-03-01T10:00:00Z"}]}}"#,
      "/session/dialogue_turns/0/content"
    ),
    (
      #"{"event_type":"dialogue_session_ended","session":{"session_id":"d","user_id":"u","start_time":"2026-03-01T10:00:00Z"},"profile_snapshot":{"hint_dependency":1.1}}"#,
      "/profile_snapshot/hint_dependency"
    ),
    (#"{"event_type":"detection_logged","tid":"T","fid":"F","tags":[1]}"#, "/tags/0"),
    (#"{"event_type":"agent_metric","session_id":"d","action":"x"}"#, "/agent_name"),
  ])
  func whatIsWrongIsRefusedWithItsPlace(event: String, pointer: String) throws {
    let rejection = try #require(throws: EventRejection.self) { try canonical(event) }
    #expect(rejection.errors.map(\.pointer) == [pointer])
  }
}
