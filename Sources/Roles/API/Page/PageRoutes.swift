import Foundation
import Hummingbird

/// The teachers' page at `/`, the operators' page at `/ops`, and their files below.
struct PageRoutes: Sendable {
  let files: PageFiles

  func add<Context: RequestContext>(to router: Router<Context>) {
    router.get("/") { request, _ in serve("index.html", to: request) }
    router.get("/ops") { request, _ in serve("ops.html", to: request) }
    router.get("/**") { request, _ in
      let path = request.uri.path.drop { $0 == "/" }.removingPercentEncoding ?? ""
      return serve(path, to: request)
    }
  }

  private func serve(_ path: String, to request: Request) -> Response {
    guard let file = files[path] else {
      return Problem.notFound("there is nothing at \(request.uri.path)").response()
    }
    return file.response(to: request)
  }
}
