import Foundation
import ProgressBusTesting

/// A small page, with a secret beside it that must not be served.
enum SamplePage {
  static func write(to folder: String) throws {
    let root = URL(fileURLWithPath: folder)
    let page = root.appendingPathComponent("page")
    try FileManager.default.createDirectory(
      at: page.appendingPathComponent("js"), withIntermediateDirectories: true)
    for (path, text) in [
      ("page/index.html", "<!doctype html><title>Class</title>"),
      ("page/ops.html", "<!doctype html><title>Operations</title>"),
      ("page/js/app.js", "export const answer = 42;"), ("page/.hidden", "hidden"),
      ("secret.txt", "secret"),
    ] {
      try Data(text.utf8).write(to: root.appendingPathComponent(path))
    }
    try FileManager.default.copyItem(
      at: ProjectFolder.url.appendingPathComponent("Sources/Roles/API/Resources/openapi.yaml"),
      to: root.appendingPathComponent("openapi.yaml"))
  }
}
