import Foundation
import Testing

@testable import API

struct NotebookFileTests {
  private static func outline(
    _ cells: [[String: Any]], minor: Int = 5
  ) throws -> NotebookOutline {
    let notebook: [String: Any] = [
      "nbformat": 4, "nbformat_minor": minor, "metadata": [:] as [String: Any], "cells": cells,
    ]
    return try NotebookOutline(notebook: JSONSerialization.data(withJSONObject: notebook))
  }

  private static func code(
    _ source: Any, id: String? = nil, _ metadata: [String: Any] = [:]
  ) -> [String: Any] {
    var cell: [String: Any] = [
      "cell_type": "code", "source": source, "metadata": metadata, "outputs": [] as [Any],
    ]
    cell["id"] = id
    return cell
  }

  private static func title(_ source: String, _ metadata: [String: Any] = [:]) throws -> String? {
    try outline([code(source, metadata)]).entries.first?.title
  }

  @Test func headingsAndCellsStandInTheNotebooksOrder() throws {
    let outline = try Self.outline([
      [
        "cell_type": "markdown", "id": "m", "metadata": [:] as [String: Any],
        "source": ["# Soup *of* `the` day\n", "text\n", "## [Stock](http://x.example) ##"],
      ],
      Self.code("", id: "empty"),
      ["cell_type": "raw", "source": "raw", "metadata": [:] as [String: Any]],
      Self.code(["# Boil water\n", "boil()"], id: "boil"),
      Self.code("grader.check('q1')", id: "check"),
    ])
    #expect(
      outline.entries == [
        .heading("Soup of the day", level: 1, index: 0), .heading("Stock", level: 2, index: 0),
        .cell(nil, id: "empty", index: 1, number: nil, exercises: []),
        .cell("Boil water", id: "boil", index: 3, number: 1, exercises: []),
        .cell("grader.check('q1')", id: "check", index: 4, number: 2, exercises: ["q1"]),
      ])
    #expect(outline.cellCount == 3)
  }

  @Test(arguments: 0...6) func cellsOfEveryMinorVersionAreRead(minor: Int) throws {
    let outline = try Self.outline([Self.code("1", id: minor >= 5 ? "a" : nil)], minor: minor)
    #expect(
      outline.entries == [
        .cell("1", id: minor >= 5 ? "a" : nil, index: 0, number: 1, exercises: [])
      ])
  }

  @Test func theTitleIsWhatSaysMost() throws {
    let exercise = ["tags": ["raises-exception", "exercise:q1"]]
    for (source, metadata, expected) in [
      ("\n\n  # Boil   the\twater\nx = 1", exercise, "Boil the water"),
      ("x = 1 # boil", [:], "x = 1 # boil"), ("x = 1", exercise, "q1"),
      ("x = 1", ["tags": ["hide-input", "soup"]], "soup"),
      ("x = 1", ["tags": ["hide-input"]], "x = 1"),
      ("# YOUR CODE HERE\nraise NotImplementedError()", [:], "raise NotImplementedError()"),
      ("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", [:], "x = 1"),
      ("# YOUR CODE HERE", ["nbgrader": ["grade_id": "cell-1", "grade": true]], "cell-1"),
      ("#\n#", [:], "#"),
      ("x", ["progressbus": ["exercise": "q2", "label": "The second"]], "The second"),
      ("%matplotlib inline", [:], "%matplotlib inline"), ("   \n\t", [:], nil),
      ("# e\u{301}tude\u{0}\u{7}x", [:], "étude x"),
      // Metadata is free.
      ("x", ["tags": "soup", "nbgrader": 7, "progressbus": [1], "grade_id": 3], "x"),
    ] as [(String, [String: Any], String?)] {
      #expect(try Self.title(source, metadata) == expected, "\(source)")
    }
    let long = try #require(try Self.title("# " + String(repeating: "é", count: 5000)))
    #expect(long.unicodeScalars.count == 80)
    #expect(long.hasSuffix("é…"))
  }

  @Test func whatLooksLikeAHeadingInCodeIsNone() throws {
    let source = """
      ```python
      # a comment
      ```
      #no heading
      ####### too deep
          # indented
      #
         ### Third level
      ~~~
      ```
      # still code
      ~~~
      # <a id="x"></a>Last
      """
    let outline = try Self.outline([
      ["cell_type": "markdown", "source": source, "metadata": [:] as [String: Any]]
    ])
    #expect(
      outline.entries == [
        .heading("Third level", level: 3, index: 0), .heading("Last", level: 1, index: 0),
      ])
  }

  @Test func exercisesAreNamedByMetadataAndByCalls() throws {
    for (source, metadata, expected) in [
      ("x", ["nbgrader": ["grade_id": "g"]], ["g"]), ("x", ["grade_id": "h"], ["h"]),
      ("x", ["tags": ["exercise:t", "exercise:u"]], ["t"]),
      ("with progressbus.check( \"a\", 1): pass\ngrader.check('b')", [:], ["a", "b"]),
      ("check(name)\ncheck('open\ncheck(\"\")", [:], nil),
      ("x", ["grade_id": String(repeating: "x", count: 129)], nil),
    ] as [(String, [String: Any], [String]?)] {
      #expect(
        try Self.outline([Self.code(source, metadata)]).entries.first?.exercises == expected,
        "\(source)")
    }
  }

  @Test func ofTwoCellsWithOneIdTheFirstKeepsIt() throws {
    let outline = try Self.outline([Self.code("1", id: "a"), Self.code("2", id: "a")])
    #expect(outline.entries.map(\.id) == ["a", nil])
  }

  @Test(arguments: [
    ("", "the notebook is no JSON"), ("[", "the notebook is no JSON"),
    ("[]", "the notebook must be an object"), ("{}", "nbformat is missing"),
    (#"{"nbformat":"4","cells":[]}"#, "nbformat must be a whole number"),
    (
      #"{"nbformat":3,"worksheets":[]}"#,
      "nbformat must be 4; save the notebook anew with a Jupyter of today"
    ),
    (#"{"nbformat":4}"#, "cells is missing"),
    (#"{"nbformat":4,"cells":{}}"#, "cells must be a list"),
    (#"{"nbformat":4,"cells":[{"source":""}]}"#, "cells[0].cell_type is missing"),
    (
      #"{"nbformat":4,"cells":[{"cell_type":7,"source":""}]}"#,
      "cells[0].cell_type must be a string"
    ),
    (#"{"nbformat":4,"cells":[{"cell_type":"code"}]}"#, "cells[0].source is missing"),
    (
      #"{"nbformat":4,"cells":[{"cell_type":"raw","source":""},{"cell_type":"code","source":[1]}]}"#,
      "cells[1].source must be a string or a list of strings"
    ),
    (
      #"{"nbformat":4,"cells":[{"cell_type":"code","source":"","id":"a b"}]}"#,
      "cells[0].id must have 1 to 64 letters, digits, hyphens and underscores"
    ),
    (
      #"{"nbformat":4,"cells":[{"cell_type":"code","source":"","id":7}]}"#,
      "cells[0].id must be a string"
    ),
    (#"{"nbformat":4,"cells":[null]}"#, "cells[0] must not be null"),
  ]) func aFileThatIsNoNotebookIsToldWhy(text: String, reason: String) {
    #expect(throws: NotebookFault(description: reason)) {
      try NotebookOutline(notebook: Array(text.utf8))
    }
  }

  @Test func sizesAreBounded() throws {
    #expect(throws: NotebookFault(description: "cells has more than 2000 items")) {
      try Self.outline(Array(repeating: Self.code("1"), count: 2001))
    }
    let headings: [String: Any] = [
      "cell_type": "markdown", "source": String(repeating: "# a\n", count: 500),
    ]
    #expect(
      throws: NotebookFault(description: "cells has more than 4000 headings and code cells")
    ) { try Self.outline(Array(repeating: headings, count: 21)) }
    let large = [UInt8](repeating: 0x20, count: NotebookOutline.longestNotebook + 1)
    #expect(
      throws: NotebookFault(description: "the notebook has more than 8 MiB; clear its outputs")
    ) { try NotebookOutline(notebook: large) }
    // Deep nesting where nobody looks.
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: NotebookFault.self) {
      try NotebookOutline(notebook: Array(#"{"nbformat":4,"cells":\#(deep)"#.utf8))
    }
  }
}
