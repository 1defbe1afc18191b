import HTTPServer
import HTTPServerTesting
import Hummingbird
import Testing

@Suite struct RequestParametersTests {
  private static func routes() -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: ProblemMiddleware())
    router.get("/echo/:place") { request, context in
      let parameters = try RequestParameters(request, context)
      let place = try parameters.text(inPath: "place", maximumLength: 20)
      let name = try parameters.text("name", maximumLength: 20)
      return "\(place)|\(name ?? "none")"
    }
    return router
  }

  @Test(arguments: [
    ("/echo/a+b?name=a+b", "a+b|a b"), ("/echo/a%2Bb?name=a%2Bb", "a+b|a+b"),
    ("/echo/a%20b?name=a%20b", "a b|a b"), ("/echo/a?name=%2B+%2b", "a|+ +"),
    ("/echo/a?n%61me=1", "a|1"), ("/echo/a?name=a=b&other", "a|a=b"),
    ("/echo/a?name=&x=1", "a|none"),
    ("/echo/a?", "a|none"),
  ]) func aPlusIsASpaceInTheQueryAndAPlusInThePath(target: String, heard: String) async throws {
    try await withRouter(Self.routes()) { client in
      let response = try await client.get(target)
      #expect(response.status == 200)
      #expect(response.body == heard)
    }
  }

  @Test(arguments: ["/echo/a?name=1&n%61me=2", "/echo/a?name=%+1", "/echo/a?name=%FF", "/echo/%FF"])
  func whatCannotBeReadIsNamed(target: String) async throws {
    try await withRouter(Self.routes()) { client in
      let response = try await client.get(target)
      #expect(response.status == 400)
      #expect(response.body.contains(target.contains("?") ? "name is" : "place is"))
    }
  }
}
