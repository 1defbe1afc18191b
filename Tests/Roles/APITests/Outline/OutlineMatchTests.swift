import Foundation
import Testing

@testable import API

/// The table of `outlines.json`, which the page's tests run too (`outline.test.js`).
struct OutlineMatchTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    struct Cell: Decodable, Sendable {
      let name: String
      let index: Int?
      let expected: Int?
    }

    struct Check: Decodable, Sendable {
      let exercise: String
      let cell: String
    }

    let name: String
    let entries: [OutlineEntry]
    let cells: [Cell]
    let checks: [Check]?

    var testDescription: String { name }

    static let all = Fixture.read("outlines.json", as: Table.self).matches

    private struct Table: Decodable { let matches: [Case] }
  }

  @Test(arguments: Case.all) func cellsAreFoundInTheOutline(example: Case) {
    let match = OutlineMatch(
      NotebookOutline(entries: example.entries),
      cells: example.cells.map { .init(name: $0.name, index: $0.index) },
      checks: (example.checks ?? []).map { ($0.exercise, $0.cell) })
    for cell in example.cells { #expect(match.place(of: cell.name) == cell.expected, "\(cell)") }
  }

  @Test func theOutlineIsTheOneWhosePathEndsAlike() {
    let paths = ["lesson.ipynb", "b/lesson.ipynb", "a/b/lesson.ipynb", "other.ipynb"]
    for (notebook, expected) in [
      ("lesson.ipynb", "lesson.ipynb"), ("home/ann/lesson.ipynb", "lesson.ipynb"),
      ("home/b/lesson.ipynb", "b/lesson.ipynb"), ("x/a/b/lesson.ipynb", "a/b/lesson.ipynb"),
      ("/b/lesson.ipynb", "b/lesson.ipynb"), ("other.ipynb/x", nil), ("", nil),
      ("Lesson.ipynb", nil),
    ] {
      #expect(OutlinePath.best(for: notebook, among: paths) == expected, "\(notebook)")
    }
    // Where the teacher's is in a folder that learners do not have.
    #expect(
      OutlinePath.best(for: "lesson.ipynb", among: ["week1/lesson.ipynb"]) == "week1/lesson.ipynb")
  }
}
