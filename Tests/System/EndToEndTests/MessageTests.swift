import CurlTransport
import Foundation
import HTTPServerTesting
import LocalStack
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// The way back: from a teacher's request to a learner's client that waits, by the real program.
  @Suite struct MessageTests {
    private struct Waited: Decodable {
      struct Message: Decodable {
        let id: String
        let text: String
        let teacher: String
        let to: String

        enum CodingKeys: String, CodingKey {
          case id = "message_id"
          case text, teacher, to
        }
      }
      let messages: [Message]
      let after: String
    }

    private struct Listed: Decodable {
      struct Hand: Decodable {
        let student: String
        let teacher: String?

        enum CodingKeys: String, CodingKey {
          case student = "student_id"
          case teacher
        }
      }
      struct Message: Decodable {
        let id: String
        let shown: Int

        enum CodingKeys: String, CodingKey {
          case id = "message_id"
          case shown
        }
      }
      let hands: [Hand]
      let messages: [Message]
    }

    private static let help =
      #"{"event_type":"help","student_id":"ann","course_id":"py101","notebook_path":"n"}"#

    private static func waited(
      _ process: ProgressBusProcess, by learner: String = "ann", after: String = "0", wait: Int = 0
    ) async throws -> Waited {
      let answer = try await HTTP.shared.get(
        "\(process.url)/api/v1/messages?course_id=py101&student_id=\(learner)&after=\(after)&wait=\(wait)"
      )
      try #require(answer.status == 200, "\(answer.text)")
      return try answer.decoded()
    }

    private static func listed(_ process: ProgressBusProcess) async throws -> Listed {
      try await HTTP.shared.get("\(process.url)/api/v1/courses/py101/messages").decoded()
    }

    @Test func anAnswerReachesWhoWaitsAndIsKeptOverRestarts() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let course = "\(process.url)/api/v1/courses/py101"
        let second = try await DashboardClient.connect(to: process)
        let sender = EventSender(to: process)

        // Nobody has raised a hand.
        let early = try await HTTP.shared.post("\(course)/hands/ann/take", #"{"teacher":"Ito"}"#)
        #expect(early.status == 409)
        #expect(try await sender.post(Self.help).status == 202)
        try await eventually("her hand is up") {
          try await Self.listed(process).hands.map(\.student) == ["ann"]
        }
        let taken = try await HTTP.shared.post("\(course)/hands/ann/take", #"{"teacher":"Ito"}"#)
        #expect(taken.status == 202, "\(taken.text)")
        try await eventually("the second teacher sees who has it") {
          second.events.contains {
            $0.member("event_type") == "hand_taken" && $0.member("teacher") == "Ito"
          }
        }
        try await eventually("the hand is Ito's") {
          try await Self.listed(process).hands.map(\.teacher) == ["Ito"]
        }
        let late = try await HTTP.shared.post("\(course)/hands/ann/take", #"{"teacher":"Abe"}"#)
        #expect(late.status == 409)
        // Ito's second press is the first.
        let again = try await HTTP.shared.post("\(course)/hands/ann/take", #"{"teacher":"Ito"}"#)
        #expect(again.status == 202)
        #expect(again.text == taken.text)

        async let waited = Self.waited(process, wait: 25)
        let sent = try await HTTP.shared.post(
          "\(course)/messages",
          #"{"to":"learner","student_id":"ann","text":"look <b>at</b> line 3","teacher":"Ito","answers_hand":true}"#
        )
        #expect(sent.status == 202, "\(sent.text)")
        let message = try #require(try await waited.messages.first)
        #expect(message.text == "look <b>at</b> line 3")
        #expect(message.teacher == "Ito")
        #expect(sent.text.contains(message.id))
        #expect(try await Self.waited(process, by: "bob").messages.isEmpty)

        // Redis goes and comes back empty; then the program does.
        await deployment.redis.stop()
        try FileManager.default.removeItem(atPath: "\(deployment.redis.folder)/appendonlydir")
        try await deployment.redis.start()
        #expect(try await Self.waited(process).messages.map(\.id) == [message.id])
        await process.process.stop()
        let restarted = try await deployment.serve("ingest,worker,dashboard")
        let kept = try await Self.waited(restarted)
        #expect(kept.messages.map(\.id) == [message.id])
        #expect(try await Self.waited(restarted, after: kept.after).messages.isEmpty)

        let receipt =
          #"{"event_type":"message_shown","student_id":"ann","course_id":"py101","message_id":"\#(message.id)"}"#
        let patient = EventSender(to: restarted)
        try await patient.postAllPatiently([receipt])
        try await eventually("the teacher sees that it was shown") {
          try await Self.listed(restarted).messages.map(\.shown) == [1]
        }
        second.close()
      }
    }

    @Test func ofTeachersWhoTakeAHandAtOnceOneHasIt() async throws {
      try await withDeployment { deployment in
        // Nobody stores: what teachers do stands on the bus alone.
        let process = try await deployment.serve("ingest,dashboard")
        let course = "\(process.url)/api/v1/courses/py101"
        for second in 10..<20 {
          let moment = "2026-11-28T10:00:\(second).000000Z"
          let answers = try await withThrowingTaskGroup(of: (Int, Int, String).self) { group in
            for teacher in 0..<8 {
              group.addTask {
                let answer = try await HTTP.shared.post(
                  "\(course)/hands/ann/take",
                  #"{"teacher":"T\#(teacher)","asked_at":"\#(moment)"}"#)
                return (teacher, answer.status, answer.text)
              }
            }
            return try await group.reduce(into: []) { $0.append($1) }
          }
          let taken = answers.filter { $0.1 == 202 }
          try #require(taken.count == 1, "\(answers)")
          #expect(answers.count { $0.1 == 409 } == 7)
          let again = try await HTTP.shared.post(
            "\(course)/hands/ann/take",
            #"{"teacher":"T\#(taken[0].0)","asked_at":"\#(moment)"}"#)
          #expect(again.status == 202)
          #expect(again.text == taken[0].2)
        }
        let unknown = try await HTTP.shared.post(
          "\(course)/hands/ann/take", #"{"teacher":"T","asked_at":"soon"}"#)
        #expect(unknown.status == 400)
      }
    }

    @Test func anIDIsOneMessages() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        func send(_ text: String, to course: String = "py101") async throws -> Int {
          try await HTTP.shared.post(
            "\(process.url)/api/v1/courses/\(course)/messages",
            #"{"to":"class","text":"\#(text)","teacher":"Ito","message_id":"0b6c5f0e-6a5c-4d62-9a53-0a50a4ad2f11"}"#
          ).status
        }
        // Before it is stored and afterwards.
        for _ in 0..<2 {
          #expect(try await send("one") == 202)
          #expect(try await send("one") == 202)
          #expect(try await send("another") == 409)
          #expect(try await send("one", to: "other") == 409)
          try await eventually("it is stored") {
            try await Self.waited(process).messages.map(\.text) == ["one"]
          }
        }
      }
    }

    @Test func teachersAloneSendAndWhatIsWrongIsRefused() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let course = "\(process.url)/api/v1/courses/py101"
        for event in [
          #"{"event_type":"message_sent","recipient":"class","teacher":"Eve","text":"x"}"#,
          #"{"event_type":"hand_taken","student_id":"ann","teacher":"Eve","asked_at":"2026-11-28T10:00:00Z"}"#,
        ] {
          #expect(
            try await HTTP.shared.post("\(process.url)/api/v1/events", event).status == 422)
        }
        let long = String(repeating: "x", count: 1001)
        for (body, status) in [
          (#"{"to":"class","text":"x"}"#, 400),
          (#"{"to":"learner","text":"x","teacher":"I"}"#, 400),
          (#"{"to":"team","text":"x","teacher":"I"}"#, 400), ("[", 400), ("[]", 400),
          (#"{"to":"class","text":"","teacher":"I"}"#, 422),
          (#"{"to":"class","text":"\#(long)","teacher":"I"}"#, 422),
          (#"{"to":"class","text":"x","teacher":"I","message_id":"7"}"#, 400),
          (#"{"to":"class","text":"x","teacher":" "}"#, 400),
          (#"{"to":"class","text":"x","teacher":"a\nb"}"#, 400),
          (#"{"to":"class","text":"\u001b[2J","teacher":"I"}"#, 400),
          (#"{"to":"class","text":" \n","teacher":"I"}"#, 422),
          (#"{"to":"team","team":" ","text":"x","teacher":"I"}"#, 400),
          (#"{"to":"learner","student_id":"a\nb","text":"x","teacher":"I"}"#, 400),
          (#"{"to":"class","text":"a\n\tb","teacher":" Ito "}"#, 202),
        ] {
          let answer = try await HTTP.shared.post("\(course)/messages", body)
          #expect(answer.status == status, "\(body.prefix(60)): \(answer.text)")
        }
        for query in ["", "?student_id=", "?student_id=ann&wait=26", "?student_id=ann&after=-1"] {
          let answer = try await HTTP.shared.get("\(process.url)/api/v1/messages\(query)")
          #expect(answer.status == 400, "\(query)")
        }
      }
    }

    @Test func aLearnersTokenSeesThatLearnersMessagesAlone() async throws {
      let tokens = try await TestTokens.make()
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard", accessBy: tokens)
        let teacher = try TestTokens.token(scope: "dashboard", courses: ["py101"])
        let learner = try TestTokens.token(scope: "ingest", courses: ["py101"])
        let service = try TestTokens.token(scope: "ingest:class", courses: ["py101"])
        for student in ["s-1", "s-2"] {
          let sent = try await process.request(
            "POST", "/api/v1/courses/py101/messages", token: teacher,
            body: #"{"to":"learner","student_id":"\#(student)","text":"for \#(student)"}"#)
          #expect(sent.status == 202, "\(sent)")
        }
        func ask(_ query: String, _ token: String) async throws -> RawClient.Response {
          try await process.request("GET", "/api/v1/messages?wait=0&\(query)", token: token)
        }
        try await eventually("it is there") {
          try await ask("course_id=py101", learner).body.contains("for s-1")
        }
        #expect(try await !ask("course_id=py101&student_id=s-1", learner).body.contains("for s-2"))
        #expect(try await ask("course_id=py101&student_id=s-2", learner).status == 403)
        #expect(try await ask("course_id=other", learner).status == 403)
        #expect(try await ask("course_id=py101&student_id=s-1", teacher).status == 403)
        try await eventually("the service gets the other's") {
          try await ask("course_id=py101&student_id=s-2", service).body.contains("for s-2")
        }
        #expect(try await ask("course_id=other&student_id=s-2", service).status == 403)
        #expect(try await ask("course_id=py101", service).status == 400)
        // Nobody's: it sends no events for a learner either.
        var claims = TestTokens.claims(scope: "ingest", courses: ["py101"])
        claims["sub"] = nil
        let nobody = try TestTokens.token(claims)
        for query in ["course_id=py101&student_id=s-2", "course_id=py101"] {
          #expect(try await ask(query, nobody).status == 403)
        }
      }
    }

    @Test func anErasedLearnersMessagesGoAndTheOthersStay() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        let course = "\(process.url)/api/v1/courses/py101"
        var ids: [String] = []
        for learner in ["ann", "bob"] {
          let body = #"{"to":"learner","student_id":"\#(learner)","text":"x","teacher":"Ito"}"#
          #expect(try await HTTP.shared.post("\(course)/messages", body).status == 202)
          try await eventually("it is stored") {
            let found = try await Self.waited(process, by: learner).messages.map(\.id)
            if !found.isEmpty { ids += found }
            return !found.isEmpty
          }
        }
        let forAll = "0b6c5f0e-6a5c-4d62-9a53-0a50a4ad2f12"
        let body = #"{"to":"class","text":"x","teacher":"Ito","message_id":"\#(forAll)"}"#
        #expect(try await HTTP.shared.post("\(course)/messages", body).status == 202)
        let sender = EventSender(to: process)
        for learner in ["ann", "bob"] {
          try await sender.postAllPatiently([
            #"{"event_type":"message_shown","student_id":"\#(learner)","course_id":"py101","message_id":"\#(forAll)"}"#
          ])
        }
        try await eventually("both are counted") {
          try await Self.listed(process).messages.first { $0.id == forAll }?.shown == 2
        }
        let erased = try await deployment.run("erase", "--student", "ann", "--yes")
        #expect(erased.status == 0, "\(erased)")
        let left = try await Self.listed(process).messages
        #expect(left.map(\.id) == [forAll, ids[1]])
        #expect(left.map(\.shown) == [1, 0])
        try await eventually("the process has heard of it") {
          try await HTTP.shared.post(
            "\(course)/messages",
            #"{"to":"learner","student_id":"ann","text":"x","teacher":"Ito"}"#
          ).status == 410
        }
      }
    }

    @Test func theWayBackCanBeSwitchedOff() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve(
          "ingest,worker,dashboard", settings: ["messages.enabled=false"])
        let course = "\(process.url)/api/v1/courses/py101"
        #expect(try await HTTP.shared.get("\(course)/messages").status == 404)
        #expect(
          try await HTTP.shared.get("\(process.url)/api/v1/messages?student_id=ann").status == 404)
        let body = #"{"to":"class","text":"x","teacher":"I"}"#
        #expect(try await HTTP.shared.post("\(course)/messages", body).status == 404)
        #expect(try await HTTP.shared.post("\(course)/hands/ann/take", body).status == 404)
      }
    }
  }
}
