/// Takes learners' ids and names out of paths and teams. No I/O.
///
/// A part of a path goes when it is somebody's id or name, with or without its extension, and so does a word of it. A name that is
/// spelt in another way, or run together with other letters, is not known.
struct NameRedaction: Sendable {
  static let mark = "…"
  /// Within a part; shorter ones would be found in any path.
  private static let shortestWord = 2

  private var names: Set<String> = []

  /// - Parameter learners: ids and names.
  init(_ learners: [(id: String, name: String?)]) {
    for (id, name) in learners {
      // Folders and notebooks are numbered, too.
      if id.count > 3 || !id.allSatisfy(\.isNumber) { names.insert(id.lowercased()) }
      // The hub makes a home folder of what stands before the @.
      if let at = id.firstIndex(of: "@"), at > id.startIndex {
        names.insert(id[..<at].lowercased())
      }
      guard let name, !name.isEmpty else { continue }
      names.insert(name.lowercased())
      for word in Self.words(name) where word.count > 2 || !word.allSatisfy(\.isASCII) {
        names.insert(word.lowercased())
      }
    }
  }

  func redacted(_ text: String) -> String {
    text.split(separator: "/", omittingEmptySubsequences: false).map { part -> String in
      let stem = part.lastIndex(of: ".").map { part[..<$0] } ?? part
      if isName(part) { return Self.mark }
      if isName(stem) { return Self.mark + part[stem.endIndex...] }
      return withoutWords(part)
    }.joined(separator: "/")
  }

  private func isName(_ text: Substring) -> Bool { names.contains(text.lowercased()) }

  private func withoutWords(_ part: Substring) -> String {
    var text = ""
    var rest = part
    while let start = rest.firstIndex(where: Self.isOfWord) {
      text += rest[..<start]
      let end = rest[start...].firstIndex { !Self.isOfWord($0) } ?? rest.endIndex
      let word = rest[start..<end]
      text += word.count >= Self.shortestWord && isName(word) ? Self.mark : String(word)
      rest = rest[end...]
    }
    return text + rest
  }

  private static func words(_ text: String) -> [Substring] { text.split { !isOfWord($0) } }

  private static func isOfWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber
  }
}
