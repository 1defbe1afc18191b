import Foundation
import ProgressBusTesting

/// The routes of `openapi.yaml`, each as `METHOD /path`; a test holds the file equal to those of the program.
enum DescribedRoutes {
  static func all() throws -> Set<String> {
    let file = ProjectFolder.url.appendingPathComponent(
      "Sources/Roles/API/Resources/openapi.yaml")
    var routes: Set<String> = []
    var path = ""
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      if line == "components:" { break }
      if line.hasPrefix("  /"), line.hasSuffix(":") { path = String(line.dropFirst(2).dropLast()) }
      if ["get", "post", "put", "patch", "delete"].contains(where: { line == "    \($0):" }) {
        routes.insert("\(line.dropFirst(4).dropLast().uppercased()) \(path)")
      }
    }
    return routes
  }
}
