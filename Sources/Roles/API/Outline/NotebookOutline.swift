/// What a notebook holds, as a teacher finds their way in it: its headings, and its code cells by titles. Of the cells'
/// sources nothing but the titles is in it, and nothing of their outputs.
public struct NotebookOutline: Sendable, Equatable {
  /// In the notebook's order.
  public let entries: [OutlineEntry]

  public init(entries: [OutlineEntry]) { self.entries = entries }

  /// Code cells.
  public var cellCount: Int { entries.count { $0.kind == .cell } }
}

/// A heading or a code cell of a notebook. Its members are those of the API's JSON and of the database's.
public struct OutlineEntry: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable { case heading, cell }

  public let kind: Kind
  /// Of a heading, from 1 to 6.
  public let level: Int?
  /// Nil for a cell of which nothing can be said.
  public let title: String?
  /// The cell's id in the notebook format; none before format 4.5.
  public let id: String?
  /// The cell's place among all cells of the notebook, from 0.
  public let index: Int
  /// Of a code cell that is not empty: its place among these, from 1, which is the order in which they run from top to
  /// bottom.
  public let number: Int?
  /// The exercises that are checked in the cell, as its tags and metadata or calls of `check` in it name them.
  public let exercises: [String]?

  /// - Parameter level: from 1 to 6.
  static func heading(_ title: String, level: Int, index: Int) -> OutlineEntry {
    OutlineEntry(
      kind: .heading, level: level, title: title, id: nil, index: index, number: nil,
      exercises: nil)
  }

  static func cell(
    _ title: String?, id: String?, index: Int, number: Int?, exercises: [String]
  ) -> OutlineEntry {
    OutlineEntry(
      kind: .cell, level: nil, title: title, id: id, index: index, number: number,
      exercises: exercises.isEmpty ? nil : exercises)
  }
}
