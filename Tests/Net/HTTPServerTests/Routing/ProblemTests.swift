import HTTPServer
import HTTPServerTesting
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

struct ProblemTests {
  private struct Unforeseen: Error {}

  private func answer(_ path: String) async throws -> RawClient.Response {
    let router = Router()
    router.add(middleware: ProblemMiddleware())
    router.get("/detail") { _, _ -> String in
      throw HTTPError(.badRequest, message: "limit must be a \"number\"")
    }
    router.get("/problem") { _, _ -> String in throw Problem.notFound("there is nothing") }
    router.get("/busy") { _, _ -> String in
      throw HTTPError(.serviceUnavailable, headers: [.retryAfter: "5"], message: "later")
    }
    router.get("/unforeseen") { _, _ -> String in throw Unforeseen() }
    router.get("/fine") { _, _ in "fine" }
    return try await withRouter(router) { try await $0.get(path) }
  }

  @Test func aProblemIsWrittenAsRFC9457Says() {
    let problem = Problem(
      status: .contentTooLarge, detail: "over \"1024\" bytes", parameter: "limit", retryAfter: 2)
    #expect(
      String(buffer: problem.body)
        == #"{"type":"about:blank","title":"Content Too Large","status":413,"#
        + #""detail":"over \"1024\" bytes","parameter":"limit"}"#)
    #expect(problem.fields[.retryAfter] == "2")
    let bare = Problem(status: .notFound, detail: nil)
    #expect(
      String(buffer: bare.body) == #"{"type":"about:blank","title":"Not Found","status":404}"#)
  }

  @Test func anErrorOfARouteKeepsItsStatusAndItsMessage() async throws {
    let answer = try await answer("/detail")
    #expect(answer.status == 400)
    #expect(answer.headers["content-type"] == "application/problem+json")
    #expect(answer.headers["cache-control"] == "no-store")
    #expect(
      answer.body
        == #"{"type":"about:blank","title":"Bad Request","status":400,"#
        + #""detail":"limit must be a \"number\""}"#)
    let thrown = try await self.answer("/problem")
    #expect(thrown.status == 404)
    #expect(thrown.body.contains("there is nothing"))
  }

  @Test func fieldsOfAnErrorReachTheClient() async throws {
    let answer = try await answer("/busy")
    #expect(answer.status == 503)
    #expect(answer.headers["retry-after"] == "5")
    #expect(answer.headers["content-type"] == "application/problem+json")
  }

  @Test func anErrorThatNobodyForesawIs500AndTellsNothingAboutItself() async throws {
    let answer = try await answer("/unforeseen")
    #expect(answer.status == 500)
    #expect(!answer.body.contains("Unforeseen"))
  }

  @Test func anUnknownPathIsAProblemTooAndAGoodAnswerPassesUntouched() async throws {
    let answer = try await answer("/nowhere")
    #expect(answer.status == 404)
    #expect(answer.headers["content-type"] == "application/problem+json")
    #expect(try await self.answer("/fine").body == "fine")
  }
}
