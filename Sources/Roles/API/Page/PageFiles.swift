import Foundation

/// The page's files by their path below `/`, read once. What is not in this list cannot be asked for,
/// so no path leads out of the folder.
struct PageFiles: Sendable {
  private var files: [String: StaticFile] = [:]

  /// Hidden files are left out.
  init(folder: String) throws(ResourceError) {
    let root = URL(fileURLWithPath: folder).resolvingSymlinksInPath()
    guard
      let walk = FileManager.default.enumerator(
        at: root, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles])
    else { throw ResourceError(path: folder, reason: "the folder cannot be read") }
    for case let url as URL in walk {
      let isFile = (try? url.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile
      guard isFile == true else { continue }
      let path = url.path.dropFirst(root.path.count + 1)
      files[String(path)] = try StaticFile(file: url.path)
    }
  }

  subscript(path: String) -> StaticFile? { files[path] }
}

extension StaticFile {
  init(file path: String) throws(ResourceError) {
    do {
      self.init(
        try Data(contentsOf: URL(fileURLWithPath: path)), contentType: ContentType.of(path))
    } catch {
      throw ResourceError(path: path, reason: error.localizedDescription)
    }
  }
}
