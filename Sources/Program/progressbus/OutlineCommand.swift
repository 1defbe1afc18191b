import API
import ArgumentParser
import Foundation
import Observability
import ProgressBusServer

struct OutlineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "outline",
    abstract: "Give a notebook's cells the titles that teachers read in place of \"Cell 3\".",
    subcommands: [
      UploadOutlineCommand.self, ShowOutlineCommand.self, DeleteOutlineCommand.self,
    ])
}

/// A path as events have it, of which one may be left out where there is another.
private func checkPath(_ notebook: String?) throws {
  guard let notebook else { return }
  guard !notebook.isEmpty, notebook.utf8.count <= 1024 else {
    throw ValidationError("--notebook must have 1 to 1024 bytes in UTF-8")
  }
}

struct UploadOutlineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upload",
    abstract: "Read headings and titles out of a notebook. Its sources and outputs are not kept.")

  @Argument(help: ArgumentHelp("The notebook; - for standard input.", valueName: "notebook.ipynb"))
  var file: String

  @OptionGroup var course: CourseOption

  @Option(
    help: ArgumentHelp(
      "Its path for learners, or the end of it. Default: the file's name.", valueName: "path"))
  var notebook: String?

  @OptionGroup var options: SettingsOptions

  func validate() throws {
    try checkPath(notebook)
    if file == "-", notebook == nil {
      throw ValidationError("standard input has no name: give --notebook")
    }
  }

  func run() async throws {
    let notebook = notebook ?? URL(fileURLWithPath: file).lastPathComponent
    let outline = try NotebookOutline(notebook: try read())
    let configuration = try await options.serverConfiguration()
    /// As for an upload by the API.
    func cells(_ version: Int?) -> Int? { outline.cellCount }
    let version = try await Audited.run("outlines.upload", configuration, count: cells) {
      try await CommandStores.withOutlines(configuration) { store in
        try await store.upload(outline, of: course.course, notebook: notebook)
      }
    }
    guard let version else {
      throw ValidationError("the course has as many outlines as it may have; delete one")
    }
    let headings = outline.entries.count - outline.cellCount
    print("\(notebook): version \(version), \(outline.cellCount) cells, \(headings) headings")
  }

  private func read() throws -> Data {
    guard let handle = file == "-" ? .standardInput : FileHandle(forReadingAtPath: file) else {
      throw ValidationError("\(file) cannot be read")
    }
    // One byte too many tells that it is too large.
    return try handle.read(upToCount: NotebookOutline.longestNotebook + 1) ?? Data()
  }
}

struct ShowOutlineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print a notebook's outline, or list those of a course.")

  @OptionGroup var course: CourseOption

  @Option(
    help: ArgumentHelp(
      "The path of the notebook, a learner's too. Without it, all outlines are listed.",
      valueName: "path"))
  var notebook: String?

  @Option(help: "An earlier version; the 20 newest are kept. Default: the newest.")
  var version: Int?

  @OptionGroup var options: SettingsOptions

  func validate() throws {
    try checkPath(notebook)
    if version != nil, notebook == nil { throw ValidationError("--version needs --notebook") }
  }

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    try await CommandStores.withOutlines(configuration) { store in
      guard let notebook else {
        for each in try await store.outlines(of: course.course) { print(each.line) }
        return
      }
      let found = try await store.outline(of: course.course, for: notebook, version: version)
      guard let found else { throw ValidationError("there is no such outline") }
      print(found.line)
      for entry in found.outline.entries { print(entry.line) }
    }
  }
}

struct DeleteOutlineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete an outline with all its versions.")

  @OptionGroup var course: CourseOption

  @Option(help: ArgumentHelp("Its path, as it was uploaded.", valueName: "path"))
  var notebook: String

  @OptionGroup var options: SettingsOptions

  func validate() throws { try checkPath(notebook) }

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    let versions: Int = try await Audited.run(
      "outlines.delete", configuration, count: \.self
    ) {
      try await CommandStores.withOutlines(configuration) { store in
        try await store.delete(of: course.course, notebook: notebook)
      }
    }
    guard versions > 0 else { throw ValidationError("there is no such outline") }
    print("deleted \(versions) versions")
  }
}

// What others have written must not steer a terminal.

extension StoredOutline {
  fileprivate var line: String {
    let path = LogEscaping.escaped(notebook, quotes: false)
    return "\(path): version \(version) of \(uploadedAt), \(outline.cellCount) cells"
  }
}

extension OutlineEntry {
  fileprivate var line: String {
    let title = LogEscaping.escaped(title ?? "", quotes: false)
    if let level { return String(repeating: "#", count: level) + " " + title }
    return "  \(title)" + (id.map { "  [\($0)]" } ?? "")
  }
}
