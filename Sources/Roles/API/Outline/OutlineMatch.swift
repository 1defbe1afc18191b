import JSONText

/// Which cells of learners are which of the outline. Learners' notebooks are copies, and edited: a cell is known by its id;
/// else by an exercise that was checked in it, which its tag names; else, where it has no id that tells, by its position. The
/// page has the same rule (`outline.js`); one table of cases holds both.
struct OutlineMatch: Sendable {
  /// A cell as learners' events name it.
  struct Cell: Sendable {
    let name: String
    /// Its place among all cells of the learner's notebook, from 0, where the sender says it.
    let index: Int?
  }

  private let entries: [OutlineEntry]
  /// Places in the outline, by the cell's name.
  private var places: [ExactText: Int] = [:]

  /// - Parameter checks: exercises, and the cells in which they were checked.
  init(
    _ outline: NotebookOutline, cells: [Cell], checks: [(exercise: String, cell: String)] = []
  ) {
    entries = outline.entries
    var byID: [ExactText: Int] = [:]
    var byIndex: [Int: Int] = [:]
    var byNumber: [Int: Int] = [:]
    var byExercise: [ExactText: Int?] = [:]
    for (place, entry) in entries.enumerated() where entry.kind == .cell {
      if let id = entry.id { byID[ExactText(id)] = place }
      byIndex[entry.index] = place
      if let number = entry.number { byNumber[number] = place }
      // What several cells are about tells nothing of which it is.
      for exercise in Set((entry.exercises ?? []).map(ExactText.init)) {
        byExercise[exercise] = byExercise[exercise] == nil ? .some(place) : .some(nil)
      }
    }
    var byCheck: [ExactText: Int] = [:]
    for (exercise, cell) in checks {
      guard let place = byExercise[ExactText(exercise)] ?? nil else { continue }
      let cell = ExactText(cell)
      byCheck[cell] = min(byCheck[cell] ?? place, place)
    }
    let idsTell = cells.contains { byID[ExactText($0.name)] != nil }
    for cell in cells {
      let name = ExactText(cell.name)
      let hasNoID = cell.index.map { String($0).isSame(cell.name) } ?? false
      places[name] =
        byID[name] ?? byCheck[name] ?? Self.executionNumber(cell.name).flatMap { byNumber[$0] }
        ?? Self.placeWhenOpened(cell.name).flatMap { byIndex[$0] }
        // A cell with an id of its own, where ids are known, is one that a learner has added.
        ?? (hasNoID || !idsTell ? cell.index.flatMap { byIndex[$0] } : nil)
    }
  }

  func title(of cell: String) -> String? { places[ExactText(cell)].flatMap { entries[$0].title } }

  /// The entry's place in the outline.
  func place(of cell: String) -> Int? { places[ExactText(cell)] }

  /// Clients to whom no cell is named count those that run, as nbclient runs them.
  private static func executionNumber(_ name: String) -> Int? {
    guard name.hasPrefix("execution-") else { return nil }
    let digits = name.dropFirst(10)
    return digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(digits) : nil
  }

  /// VS Code numbers the cells of a notebook when it opens it, from 0; later ones get greater numbers. `W2sZmlsZQ==` is its
  /// cell 2: a letter for the number of digits, the number to the base 7, an `s`, and the scheme of the notebook's address.
  private static func placeWhenOpened(_ name: String) -> Int? {
    guard let letter = name.first, "WXYZabcdefz".contains(letter) else { return nil }
    let digits = name.dropFirst().prefix { ("0"..."6").contains($0) }
    let rest = name[digits.endIndex...]
    let isScheme = rest.dropFirst().utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte) || byte == 0x3D || byte == 0x2D || byte == 0x5F
    }
    guard rest.first == "s", rest.count > 1, isScheme else { return nil }
    return digits.count <= 9 ? Int(digits, radix: 7) : nil
  }
}

extension ClassSnapshot {
  /// The class's cells, found in the outline of its notebook.
  func cells(in outline: NotebookOutline) -> OutlineMatch {
    OutlineMatch(
      outline, cells: cells.map { .init(name: $0.id, index: $0.index) },
      checks: learners.flatMap(\.exercises).compactMap { work in
        work.cell.map { (work.exercise, $0) }
      })
  }
}

/// Which of a course's outlines is that of a learner's notebook, whose path may begin elsewhere than the teacher's.
enum OutlinePath {
  /// The one whose path ends most like the notebook's, with the same file name; of equals the shortest, then the first in
  /// the order of bytes.
  static func best(for notebook: String, among paths: [String]) -> String? {
    let wanted = segments(notebook)
    return paths.compactMap { path in
      let common = zip(segments(path).reversed(), wanted.reversed()).prefix { $0.isSame($1) }.count
      return common > 0 ? (path: path, common: common) : nil
    }.min { left, right in
      if left.common != right.common { return left.common > right.common }
      let lengths = (left.path.utf8.count, right.path.utf8.count)
      return lengths.0 == lengths.1 ? left.path.precedes(right.path) : lengths.0 < lengths.1
    }?.path
  }

  private static func segments(_ path: String) -> [String] {
    path.split(separator: "/").map(String.init)
  }
}
