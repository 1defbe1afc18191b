import ProgressBusTesting
import Testing

/// The search for learners in what was sent.
@Suite struct LearnerLeaksTests {
  private static let hash = "3ec3e5ada7d357d0c5c638f71248a9815f7abbcbc14c29d0fbd0001d56b88875"

  private func send(_ json: String, to table: String, insertID: String = "1") throws {
    let body = #"{"rows":[{"insertId":"\#(insertID)","json":\#(json)}]}"#
    let request = RecordedRequest(
      method: "POST", target: "/bigquery/v2/projects/p/datasets/d/tables/\(table)/insertAll",
      headers: [:], body: Array(body.utf8), connection: 0)
    try LearnerLeaks.requireNone(in: [request])
  }

  @Test func pseudonymsPassAndSoDoTablesThatNameLearners() throws {
    try send(#"{"user_id_hash":"\#(Self.hash)","platform":"ios"}"#, to: "sessions")
    try send(#"{"student_id_hash":null}"#, to: "progress_events")
    try send(#"{"user_id":"user-1"}"#, to: "dialogue_sessions")
  }

  @Test(arguments: [
    #"{"user_id_hash":"user-1"}"#, #"{"user_id_hash":"3EC3"}"#, #"{"platform":"ios"}"#,
    #"{"user_id_hash":"\#(hash)","warnings":[{"type":"of ada@example.com"}]}"#,
    #"{"user_id_hash":"\#(hash)","attributes":{"Ada Lovelace":1}}"#,
    #"{"user_id_hash":"\#(hash)","device_model":"somebody@school.org's"}"#,
  ])
  func aLearnerIsFoundWhereverItStands(json: String) {
    #expect(throws: LearnerLeaks.Found.self) { try send(json, to: "sessions") }
  }

  @Test func anInsertIDIsSearchedToo() {
    #expect(throws: LearnerLeaks.Found.self) {
      try send(#"{"user_id_hash":"\#(Self.hash)"}"#, to: "sessions", insertID: "user-1")
    }
  }
}
