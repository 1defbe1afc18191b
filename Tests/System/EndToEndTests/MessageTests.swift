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
        let again = try await deployment.serve("ingest,worker,dashboard")
        let kept = try await Self.waited(again)
        #expect(kept.messages.map(\.id) == [message.id])
        #expect(try await Self.waited(again, after: kept.after).messages.isEmpty)

        let receipt =
          #"{"event_type":"message_shown","student_id":"ann","course_id":"py101","message_id":"\#(message.id)"}"#
        let patient = EventSender(to: again)
        try await patient.postAllPatiently([receipt])
        try await eventually("the teacher sees that it was shown") {
          try await Self.listed(again).messages.map(\.shown) == [1]
        }
        second.close()
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
        let sender = EventSender(to: process)
        for learner in ["ann", "bob"] {
          try await sender.postAllPatiently([
            #"{"event_type":"message_shown","student_id":"\#(learner)","course_id":"py101","message_id":"\#(ids[1])"}"#
          ])
        }
        try await eventually("both are counted") {
          try await Self.listed(process).messages.first { $0.id == ids[1] }?.shown == 2
        }
        let erased = try await deployment.run("erase", "--student", "ann", "--yes")
        #expect(erased.status == 0, "\(erased)")
        let left = try await Self.listed(process).messages
        #expect(left.map(\.id) == [ids[1]])
        #expect(left.map(\.shown) == [1])
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
