import Foundation
public import HTTPServer
public import Hummingbird

/// The teachers' page at `/`, the operators' page at `/ops`, and their files below. Which state a
/// learner is in, such as "stuck", the page decides in `Resources/page/js/state/learner-state.js`.
public struct PageRoutes: Sendable {
  private let files: StaticFiles

  /// - Throws: `ResourceError` that names a file of the page which cannot be read.
  public static func load() throws(ResourceError) -> PageRoutes {
    let resources = ResourceFolder.locate(target: "Pages", holding: "page", module: .module)
    return try PageRoutes(folder: resources + "/page")
  }

  /// - Parameter folder: holds `index.html` and `ops.html`.
  public init(folder: String) throws(ResourceError) {
    files = try StaticFiles(folder: folder)
  }

  public func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.get("/") { request, context in
      try await files.response("index.html", to: request, context)
    }
    router.get("/ops") { request, context in
      try await files.response("ops.html", to: request, context)
    }
    router.get("/**") { request, context in
      let path = request.uri.path.drop { $0 == "/" }.removingPercentEncoding ?? ""
      return try await files.response(path, to: request, context)
    }
  }
}
