import Foundation
import HTTPServerTesting
import PostgresDriver
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// Not a byte of another course comes to a teacher.
  @Suite struct AccessIsolationTests {
    private static let mark = "HIDDEN"
    /// Stands in the marked events, and in no request.
    private static let sealed = "SEALED"
    private static let mine = ["caf\u{E9}", "py101"]
    /// Names that look like the teacher's, and are others.
    private static let others = [
      "Caf\u{E9}", "caf\u{E9} ", " caf\u{E9}", "cafe", "caf\u{E9}\u{200B}", "PY101", "py101 ",
      "py 101",
      "py1O1", "\u{FF50}y101", "py101\u{301}", "default", "a\"b\\c", "*", "caf\u{E9},py101",
    ]

    private static func event(
      _ student: String, _ course: String, notebook: String, cell: String = "c1"
    ) throws -> String {
      let members: [String: Any] = [
        "event_type": "cell_executed", "student_id": student, "course_id": course,
        "notebook_path": notebook, "cell_id": cell, "cell_index": 1, "has_error": true,
        "error_message": notebook.hasPrefix(mark) ? sealed : notebook,
      ]
      return String(
        decoding: try JSONSerialization.data(withJSONObject: members), as: UTF8.self)
    }

    private static func encoded(_ text: String) -> String {
      text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    /// Sends one round of events of all courses; those of others are marked.
    private static func sendRound(
      _ round: Int, to process: ProgressBusProcess
    ) async throws -> Int {
      let sender = try TestTokens.token(
        scope: "ingest:class", subject: "hub", courses: mine + others)
      var events: [String] = []
      for course in others {
        events.append(
          try event("s-1", course, notebook: "\(mark)-\(round).ipynb", cell: "\(mark)-c"))
        events.append(try event("\(mark)-s", course, notebook: "\(mark)-\(round).ipynb"))
      }
      for course in mine {
        events.append(try event("s-1", course, notebook: "open-\(round).ipynb"))
      }
      // The same course in the other normal form.
      events.append(try event("s-2", "cafe\u{301}", notebook: "open-\(round).ipynb"))
      let answer = try await process.request(
        "POST", "/student-progress", token: sender, body: "[\(events.joined(separator: ","))]")
      try #require(answer.status == 202, "\(answer.body)")
      return events.count
    }

    private static func randomTarget(_ generator: inout SystemRandomNumberGenerator) -> String {
      let names = mine + others + ["cafe\u{301}", "s-1", "HIDDEN-s", ""]
      func name() -> String { encoded(names.randomElement(using: &generator) ?? "") }
      let path =
        [
          "/api/v1/courses", "/api/v1/courses/\(name())/progress",
          "/api/v1/courses/\(name())/students", "/api/v1/courses/\(name())/help",
          "/api/v1/courses/\(name())/activity", "/api/v1/students/\(name())",
          "/api/v1/users/\(name())/stats", "/api/v1/dead-letters", "/metrics",
        ].randomElement(using: &generator) ?? ""
      let parameters = [
        "course_id=\(name())", "notebook=\(mark)-1.ipynb", "notebook=open-1.ipynb",
        "limit=\(Int.random(in: 1...1000, using: &generator))", "state=idle,stuck,on_track",
        "cursor=WyIiXQ", "after=0-0", "courses=\(name())", "minutes=1440",
      ].shuffled(using: &generator).prefix(Int.random(in: 0...4, using: &generator))
      return "\(path)?\(parameters.joined(separator: "&"))"
    }

    @Test func aTeacherSeesNoByteOfAnotherCourse() async throws {
      let tokens = try await TestTokens.make()
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard", accessBy: tokens)
        let teacher = try TestTokens.token(scope: "dashboard", courses: Self.mine)
        let live = try await process.listen(token: teacher)
        #expect(live.status == 101)
        var count = try await Self.sendRound(1, to: process)
        count += try await Self.sendRound(2, to: process)
        try await eventually("all is stored") {
          try await deployment.count("progress_events") == count
        }
        var generator = SystemRandomNumberGenerator()
        var answered = 0
        for _ in 0..<100 {
          let target = Self.randomTarget(&generator)
          let answer = try await process.request("GET", target, token: teacher)
          // A refusal may repeat what was asked for, and the marks are asked for by name; what stands beside
          // them in the events is not.
          #expect(!answer.body.contains(Self.sealed), "\(target)")
          guard answer.status == 200 else { continue }
          #expect(!answer.body.contains(Self.mark), "\(target)")
          answered += 1
        }
        #expect(answered > 0)
        let list = try await process.request("GET", "/api/v1/courses", token: teacher)
        for course in Self.others where !Self.mine.joined().contains(course) {
          let written = course.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
          #expect(!list.body.contains("\"course_id\":\"\(written)\""), "\(course)")
        }
        let learner = try await process.request("GET", "/api/v1/students/s-1", token: teacher)
        #expect(learner.status == 200 && learner.body.contains("open-1.ipynb"))
        let hidden = try await process.request(
          "GET", "/api/v1/students/\(Self.mark)-s", token: teacher)
        #expect(hidden.status == 404)
        // An operator sees it all: the marks are there.
        let admin = try TestTokens.token(scope: "admin")
        let all = try await process.request("GET", "/api/v1/students/s-1", token: admin)
        #expect(all.body.contains(Self.mark))

        // Live, and in replays with every filter that a client may name.
        try await Self.expectOpenEvents(6, from: live.client)
        for query in [
          "?after=0-0", "?after=0-0&course_id=py101", "?after=0-0&course_id=cafe%CC%81",
        ] {
          let replay = try await process.listen(query, token: teacher)
          #expect(replay.status == 101)
          try await Self.expectOpenEvents(
            query == "?after=0-0" ? 6 : query.hasSuffix("py101") ? 2 : 4, from: replay.client)
        }
        for course in Self.others {
          let refused = try await process.listen(
            "?course_id=\(Self.encoded(course))&after=0-0", token: teacher)
          #expect(refused.status == 403, "\(course)")
          refused.client.close()
        }
      }
    }

    private static func session(
      _ id: String, of user: String, in course: String, points: Int, at time: String
    ) -> String {
      #"{"event_type":"dialogue_session_ended","course_id":"\#(course)","occurred_at":"\#(time)","#
        + #""session":{"session_id":"\#(id)","user_id":"\#(user)","total_points":\#(points),"#
        + #""start_time":"2026-03-01T10:00:00Z"}}"#
    }

    /// Its id is all that the table goes by, and whoever sends it chooses that.
    @Test func aSessionIsChangedByNobodyButItsLearnerInItsCourse() async throws {
      let tokens = try await TestTokens.make()
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker", accessBy: tokens)
        let classToken = try TestTokens.token(
          scope: "ingest:class", subject: "hub", courses: ["py101"])
        let otherClass = try TestTokens.token(
          scope: "ingest:class", subject: "hub", courses: ["art"])
        let both = try TestTokens.token(
          scope: "ingest:class", subject: "hub", courses: ["py101", "art"])
        func send(_ body: String, token: String) async throws {
          let answer = try await process.request(
            "POST", "/student-progress", token: token, body: body)
          try #require(answer.status == 202, "\(answer.body)")
        }
        func sessions() async throws -> [String] {
          try await deployment.sql(
            "select session_id || user_id || course_id || total_points as row from dialogue_sessions order by 1"
          ).rows.map { try $0.value("row") }
        }
        func expectRefused(_ count: Int) async throws {
          try await eventually(within: .seconds(60), "\(count) dead letters") {
            try await deployment.deadLetters("--sink", "postgres").count == count
          }
        }
        let morning = "2026-03-01T10:30:00Z"
        let noon = "2026-03-01T12:00:00Z"
        try await send(
          Self.session("d1", of: "ada", in: "py101", points: 1, at: morning), token: classToken)
        try await eventually(within: .seconds(60), "it is stored") {
          try await sessions() == ["d1adapy1011"]
        }
        try await send(
          Self.session("d1", of: "mallory", in: "py101", points: 9, at: noon), token: classToken)
        try await expectRefused(1)
        try await send(
          Self.session("d1", of: "ada", in: "art", points: 9, at: noon), token: otherClass)
        try await expectRefused(2)
        #expect(try await sessions() == ["d1adapy1011"])
        // In one batch, the later one too; the others of the batch are stored.
        let batch = [
          Self.session("d2", of: "ada", in: "py101", points: 2, at: morning),
          Self.session("d2", of: "mallory", in: "art", points: 9, at: noon),
          Self.session("d3", of: "bob", in: "py101", points: 3, at: morning),
          Self.session("d1", of: "ada", in: "py101", points: 4, at: noon),
        ]
        try await send("[\(batch.joined(separator: ","))]", token: both)
        try await expectRefused(3)
        try await eventually(within: .seconds(60), "its learner has changed it") {
          try await sessions() == ["d1adapy1014", "d2adapy1012", "d3bobpy1013"]
        }
        let letters = try await deployment.deadLetters("--sink", "postgres")
        #expect(
          letters.allSatisfy { $0.reason.contains("a session of another learner or course") })
      }
    }

    /// Of a training session its learner is part of the key.
    @Test func aTrainingSessionStaysInItsCourse() async throws {
      let tokens = try await TestTokens.make()
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker", accessBy: tokens)
        func send(_ points: Int, into course: String?, at hour: Int) async throws {
          let member = course.map { #""course_id":"\#($0)","# } ?? ""
          let body =
            #"{"event_type":"training_session_completed","occurred_at":"2026-03-01T\#(hour):00:00Z",\#(member)"#
            + #""session":{"sessionId":"t1","userId":"ada","exerciseType":"squat","#
            + #""startTime":"2026-03-01T10:00:00Z","status":"completed","repCount":\#(points)}}"#
          let token = try TestTokens.token(
            scope: "ingest:class", subject: "hub", courses: [course ?? "default"])
          let answer = try await process.request(
            "POST", "/student-progress", token: token, body: body)
          try #require(answer.status == 202, "\(answer.body)")
        }
        func expectSession(_ row: String) async throws {
          try await eventually(within: .seconds(60), row) {
            try await deployment.sql(
              "select course_id || ' ' || rep_count as row from training_sessions"
            )
            .rows.map { try $0.value("row") } == [row]
          }
        }
        try await send(1, into: nil, at: 11)
        try await expectSession("default 1")
        try await send(9, into: "art", at: 12)
        try await eventually(within: .seconds(60), "a dead letter") {
          let letters = try await deployment.deadLetters("--sink", "postgres")
          return letters.map { $0.reason.contains("a session of another course") } == [true]
        }
        try await send(2, into: nil, at: 13)
        try await expectSession("default 2")
      }
    }

    /// Reads until so many of the teacher's events have come.
    private static func expectOpenEvents(_ count: Int, from client: RawClient) async throws {
      var seen = 0
      while seen < count {
        let text = try await client.frame().text
        #expect(!text.contains(mark))
        for line in text.split(separator: "\n") where line.contains("open-") {
          seen += 1
          #expect(
            line.contains("\"course_id\":\"caf\u{E9}\"") || line.contains(#""course_id":"py101""#))
        }
      }
      client.close()
    }
  }
}
