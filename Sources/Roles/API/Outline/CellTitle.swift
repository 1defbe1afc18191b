import Events
import JSONText

/// What metadata of a cell says of it.
struct CellMetadata: Decodable {
  /// The exercises that the cell checks, as the notebook client reads them of the same metadata.
  private(set) var exercises: [String] = []
  /// What a teacher reads: the first tag that is not a word for tools.
  private(set) var tag: String?
  private(set) var label: String?

  private enum CodingKeys: String, CodingKey {
    case nbgrader, progressbus, tags
    case gradeID = "grade_id"
  }

  private struct Grading: Decodable {
    let gradeID: String?

    enum CodingKeys: String, CodingKey { case gradeID = "grade_id" }
  }

  private struct Own: Decodable {
    let exercise: String?
    let label: String?
  }

  private static let exercisePrefix = "exercise:"
  /// How tags begin that tell a tool what to do with the cell.
  private static let toolPrefixes = [
    "raises-", "remove", "hide", "skip", "parameters", "injected-", "nbval-", "otter", "solution",
    "test", "papermill", "output_scroll", "scroll-", "full-width", "margin", "thebe-",
  ]

  init() {}

  /// Metadata is free: what is not as expected says nothing.
  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    let own = (try? members.decodeIfPresent(Own.self, forKey: .progressbus)) ?? nil
    let grading = (try? members.decodeIfPresent(Grading.self, forKey: .nbgrader)) ?? nil
    let gradeID = (try? members.decodeIfPresent(String.self, forKey: .gradeID)) ?? nil
    let tags = (try? members.decodeIfPresent([String].self, forKey: .tags)) ?? nil ?? []
    label = own?.label
    let tagged = tags.lazy.filter { $0.hasPrefix(Self.exercisePrefix) }
      .map { String($0.dropFirst(Self.exercisePrefix.count)) }
    exercises = [grading?.gradeID, own?.exercise, gradeID, tagged.first].compactMap(\.self)
      .prefix(1).compactMap(ExerciseName.checked)
    tag = tags.first { tag in
      !tag.hasPrefix(Self.exercisePrefix) && !Self.toolPrefixes.contains { tag.hasPrefix($0) }
    }
  }
}

/// What a teacher calls a code cell, in one line.
enum CellTitle {
  /// In Unicode scalars.
  static let longest = 80
  /// So many of a line are looked at.
  private static let mostRead = 400
  /// Lines in front of a cell's first word that say nothing.
  private static let mostLines = 40
  /// How comments begin that are marks for tools, or for what the learner is to write.
  private static let marks = [
    "begin ", "end ", "your code here", "your answer here", "todo", "%%", "-*-", "noqa", "type:",
  ]

  /// The label; else the comment with which the cell begins; else its exercise or tag; else its first line.
  static func title(of source: String, _ metadata: CellMetadata) -> String? {
    if let label = metadata.label.flatMap({ plain($0) }) { return label }
    let lines = source.utf8.split(separator: UInt8(ascii: "\n"), maxSplits: mostLines)
      .prefix(mostLines)
      .compactMap { clean(Substring($0)) }
    let speaking = lines.first { !isMark($0) }
    if let comment = speaking, comment.hasPrefix("#"), let text = comment.withoutMarks {
      return cut(text)
    }
    let name = metadata.exercises.first ?? metadata.tag
    return name.flatMap { plain($0) } ?? (speaking ?? lines.first).map(cut)
  }

  /// One line of plain text, not longer than a title; nil where nothing is left.
  static func plain(_ text: some StringProtocol) -> String? { clean(text).map(cut) }

  /// In Unicode's normal form C: what is no letter to anybody is a blank.
  private static func clean(_ text: some StringProtocol) -> String? {
    var plain = String.UnicodeScalarView()
    var isBlank = true
    for scalar in text.unicodeScalars.prefix(mostRead) {
      if scalar.properties.isWhitespace || scalar.properties.generalCategory == .control {
        isBlank = true
        continue
      }
      if isBlank, !plain.isEmpty { plain.append(" ") }
      isBlank = false
      plain.append(scalar)
    }
    let composed = String(plain).composed
    return composed.isEmpty ? nil : composed
  }

  private static func cut(_ text: String) -> String {
    guard text.unicodeScalars.count > longest else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(longest - 1))) + "…"
  }

  private static func isMark(_ line: String) -> Bool {
    guard line.hasPrefix("#") else { return false }
    guard let text = line.withoutMarks?.lowercased() else { return true }
    return marks.contains { text.hasPrefix($0) }
  }
}

extension String {
  /// A comment's or heading's text; nil where there is none.
  fileprivate var withoutMarks: String? {
    let text = drop { $0 == "#" || $0 == " " || $0 == "!" }
    return text.isEmpty ? nil : String(text)
  }
}

/// Headings of a markdown cell: the lines that begin with number signs.
enum MarkdownHeadings {
  private static let mostOfCell = 200

  static func read(_ source: String) -> [(level: Int, title: String)] {
    var headings: [(level: Int, title: String)] = []
    var fence: Character?
    for bytes in source.utf8.split(separator: UInt8(ascii: "\n")) {
      let indented = Substring(bytes)
      let line = indented.drop { $0 == " " }
      // What is indented further is code.
      guard indented.utf8.count - line.utf8.count < 4 else { continue }
      if line.hasPrefix("```") || line.hasPrefix("~~~") {
        if fence == nil { fence = line.first } else if fence == line.first { fence = nil }
      }
      let level = line.prefix { $0 == "#" }.count
      guard fence == nil, (1...6).contains(level), headings.count < mostOfCell else { continue }
      let text = line.dropFirst(level)
      guard text.first?.isWhitespace ?? false, let title = plain(text) else { continue }
      headings.append((level, title))
    }
    return headings
  }

  /// Without the marks of emphasis, links and HTML.
  private static func plain(_ text: Substring) -> String? {
    // Only a beginning is read, so that what these expressions try again is little.
    let read = String(String.UnicodeScalarView(text.unicodeScalars.prefix(400)))
      .replacing(/!?\[([^\[\]]*)\]\([^()]*\)/) { $0.1 }
      .replacing(/<[^<>]*>/, with: "")
      .filter { $0 != "*" && $0 != "`" }
    var title = read.trimmingEnd(while: \.isWhitespace)
    // A closing sequence of number signs is no part of the heading.
    let open = title.trimmingEnd { $0 == "#" }
    if open.last?.isWhitespace ?? true { title = open }
    return CellTitle.plain(title)
  }
}

extension StringProtocol {
  fileprivate func trimmingEnd(while predicate: (Character) -> Bool) -> String {
    var end = endIndex
    while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
    return String(self[..<end])
  }
}

/// Names of exercises, as events may hold them.
enum ExerciseName {
  static func checked(_ name: String) -> String? {
    let name = name.composed
    let isName = !name.isEmpty && name.unicodeScalars.count <= Envelope.identifierLength
    return isName && !name.utf8.contains(0) ? name : nil
  }
}

/// Calls such as `grader.check("q1")` and `progressbus.check("q1", …)`, which name an exercise.
enum CheckCalls {
  private static let mostOfCell = 8

  static func names(in source: String) -> [String] {
    source.utf8.split(separator: "check(".utf8).dropFirst().prefix(mostOfCell).compactMap { rest in
      let argument = Substring(rest.prefix(2048)).drop(while: \.isWhitespace)
      guard let quote = argument.first, quote == "\"" || quote == "'" else { return nil }
      let text = argument.dropFirst()
      let name = text.prefix { $0 != quote && !$0.isNewline }
      guard text[name.endIndex...].first == quote else { return nil }
      return ExerciseName.checked(String(name))
    }
  }
}
