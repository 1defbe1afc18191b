import CurlTransport
import Foundation
import HTTPServerTesting
import LocalStack
import PostgresDriver
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// A class that joins by a code, by the program.
  @Suite(.tags(.servers), .timeLimit(.minutes(5))) struct JoiningTests {
    private struct Code: Decodable {
      let code: String?
    }

    private struct Joined: Decodable {
      let course, student: String
      let name: String
      let token: String?

      enum CodingKeys: String, CodingKey {
        case course = "course_id"
        case student = "student_id"
        case name = "student_name"
        case token
      }
    }

    private static let path = "/api/v1/courses/py101/joining-code"

    private static func body(_ code: String, _ name: String, token: String? = nil) -> String {
      let token = token.map { #","token":"\#($0)""# } ?? ""
      return #"{"code":"\#(code)","student_name":"\#(name)"\#(token)}"#
    }

    private static func decoded<Value: Decodable>(_ response: RawClient.Response) throws -> Value {
      try JSONDecoder().decode(Value.self, from: Data(response.body.utf8))
    }

    private static func event(_ student: String, course: String = "py101") -> String {
      #"{"event_type":"help","student_id":"\#(student)","course_id":"\#(course)","notebook_path":"n"}"#
    }

    @Test func whoTypesTheCodeSendsAsOneLearnerUntilTheLessonEnds() async throws {
      let tokens = try await TestTokens.make()
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard", accessBy: tokens)
        let teacher = try TestTokens.token(scope: "dashboard", courses: ["py101"])
        let none: Code = try Self.decoded(
          try await process.request("GET", Self.path, token: teacher))
        #expect(none.code == nil)
        let made = try await process.request(
          "POST", Self.path, token: teacher, body: #"{"minutes":45}"#)
        #expect(made.status == 201, "\(made)")
        let code = try #require((try Self.decoded(made) as Code).code)
        let typed = code.uppercased().replacing("-", with: " ")

        let answer = try await process.request(
          "POST", "/api/v1/join", token: nil, body: Self.body(typed, " Ann "))
        #expect(answer.status == 201, "\(answer)")
        let ann: Joined = try Self.decoded(answer)
        #expect((ann.course, ann.name) == ("py101", "Ann"))
        let token = try #require(ann.token)
        func sent(_ event: String) async throws -> Int {
          try await process.request("POST", "/api/v1/events", token: token, body: event).status
        }
        #expect(try await sent(Self.event(ann.student)) == 202)
        #expect(try await sent(Self.event("somebody-else")) == 422)
        #expect(try await sent(Self.event(ann.student, course: "py102")) == 422)
        let reading = try await process.request(
          "GET", "/api/v1/courses/py101/students", token: token)
        #expect(reading.status == 403)

        // The same learner after a restart of her kernel; somebody of the same name is somebody else.
        let again: Joined = try Self.decoded(
          try await process.request(
            "POST", "/api/v1/join", token: nil, body: Self.body(code, "Ann B", token: token)))
        #expect(again.student == ann.student)
        #expect(again.name == "Ann B")
        let other: Joined = try Self.decoded(
          try await process.request(
            "POST", "/api/v1/join", token: nil, body: Self.body(code, "Ann", token: "x.y.z")))
        #expect(other.student != ann.student)

        #expect(try await process.request("DELETE", Self.path, token: teacher).status == 204)
        #expect(try await process.request("DELETE", Self.path, token: teacher).status == 404)
        let late = try await process.request(
          "POST", "/api/v1/join", token: nil, body: Self.body(code, "Bob"))
        #expect(late.status == 404, "\(late)")
        // Who is there already still sends.
        #expect(try await sent(Self.event(ann.student)) == 202)

        let audited = try await deployment.sql(
          """
          select action || ' ' || count(*) as act from audit_log
          where action like 'joining-code.%' group by action order by action
          """
        ).rows.map { row in try row.value("act") as String }
        #expect(
          audited == ["joining-code.end 4", "joining-code.make 2", "joining-code.use 6"])
        let metrics = try await process.request(
          "GET", "/metrics", token: try TestTokens.token(scope: "admin"))
        #expect(metrics.body.contains("\nprogressbus_joins_total{outcome=\"joined\"} 3\n"))
        #expect(metrics.body.contains("\nprogressbus_joins_total{outcome=\"wrong_code\"} 1\n"))
      }
    }

    @Test func whatIsWrongIsRefusedAndNamed() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest,worker,dashboard")
        for (body, status) in [
          (#"{"minutes":0}"#, 400), (#"{"minutes":721}"#, 400), (#"{"minutes":"5"}"#, 400),
          ("[", 400), ("{}", 201),
        ] {
          let answer = try await HTTP.shared.post("\(process.url)\(Self.path)", body)
          #expect(answer.status == status, "\(body): \(answer.text)")
        }
        let long = String(repeating: "x", count: 257)
        for (body, status) in [
          ("{}", 400), (#"{"code":"soup-river-42"}"#, 400), (Self.body("soup-river-42", ""), 400),
          (Self.body("soup-river-42", long), 400), (Self.body("soup-river-42", #"a\nb"#), 400),
          (Self.body("soup-river-42", "Ann"), 404), (Self.body("", "Ann"), 404),
        ] {
          let answer = try await HTTP.shared.post("\(process.url)/api/v1/join", body)
          #expect(answer.status == status, "\(body): \(answer.text)")
        }
        // Nobody is asked for a token here: none is made, and a learner says who it was.
        let code: Code = try await HTTP.shared.get("\(process.url)\(Self.path)").decoded()
        let joined: Joined = try await HTTP.shared.post(
          "\(process.url)/api/v1/join",
          #"{"code":"\#(try #require(code.code))","student_name":"Ann","student_id":"joined-1"}"#
        ).decoded()
        #expect(joined.student == "joined-1")
        #expect(joined.token == nil)
      }
    }

    @Test func whereTokensAreMadeElsewhereThereAreNoCodes() async throws {
      let tokens = try await TestTokens.make()
      try await withDeployment { deployment in
        let keys = "\(deployment.folder)/jwks.json"
        try tokens.keySet.write(toFile: keys, atomically: true, encoding: .utf8)
        let process = try await deployment.serve(
          "ingest,worker,dashboard",
          settings: [
            "jwt.jwks=\(keys)", "jwt.issuer=\(TestTokens.issuer)",
            "jwt.audience=\(TestTokens.audience)",
          ])
        let teacher = try tokens.rsaToken(
          TestTokens.claims(scope: "dashboard", courses: ["py101"]))
        let answer = try await process.request("POST", Self.path, token: teacher, body: "{}")
        #expect(answer.status == 409, "\(answer)")
        #expect(answer.body.contains("PROGRESSBUS_JWT_SECRET"))
        await process.process.stop()
        let off = try await deployment.serve("dashboard", settings: ["joining.enabled=false"])
        #expect(try await HTTP.shared.get("\(off.url)\(Self.path)").status == 404)
        #expect(try await HTTP.shared.post("\(off.url)/api/v1/join", "{}").status == 404)
      }
    }
  }
}
