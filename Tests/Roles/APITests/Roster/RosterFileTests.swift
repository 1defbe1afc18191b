import Foundation
import Testing

@testable import API

struct RosterFileTests {
  private static let ann = RosterLearner(id: "ann", name: "Ann Lee", team: "red")
  private static let ben = RosterLearner(id: "ben")

  /// As spreadsheets, learning platforms and people write lists.
  @Test(arguments: [
    "student_id,name,team\nann,Ann Lee,red\nben,,\n",
    "\u{FEFF}Student ID;Display Name;Group\r\nann;Ann Lee;red\r\nben;;\r\n;;\r\n",
    "student_id\tname\tteam\rann\tAnn Lee\tred\rben",
    "\"Username\",\"First name\",\"Last name\",\"Groups\",Grade\n\"ann\",Ann,\"Lee\",\"red\",1\nben\n",
    "name,section,id,email,username\n Ann Lee , red,7,a@x.example,  ann \n,,8,,\"ben\"\n\n",
    "学籍番号,氏名,班\nann,Ann Lee,red\nben,,\n",
  ])
  func listsAreRead(_ file: String) throws {
    #expect(try RosterFile.learners(file.utf8) == [Self.ann, Self.ben])
  }

  @Test func utf16AndWhatQuotesHoldAreRead() throws {
    let file = "email\tname\nann@x.example\t\"Lee, \"\"Ann\"\"; \"\n"
    let bytes = [0xFF, 0xFE] + Array(try #require(file.data(using: .utf16LittleEndian)))
    #expect(
      try RosterFile.learners(bytes) == [.init(id: "ann@x.example", name: #"Lee, "Ann";"#)])
    // An id is that of events, whatever form a file has it in.
    let decomposed = try RosterFile.learners("id\nzoe\u{301}\n".utf8)
    #expect(decomposed[0].id.unicodeScalars.elementsEqual("zo\u{E9}".unicodeScalars))
  }

  @Test(arguments: [
    ("", "the file has no line"),
    ("id,name\n", "no learner stands below"),
    ("ann\nben\n", "line 1: no column is student_id, username, email or id"),
    ("id,ID\na,b\n", "line 1: two columns are \"id\""),
    ("name,Student ID\nAnn,\n", "line 2, column \"Student ID\": is empty"),
    (
      "id,note\nann,\"two\nlines\"\nben,\nann,\n", "line 5, column \"id\": the same id as on line 2"
    ),
    // One form of an id, whichever the file has.
    ("id\nzo\u{E9}\nzoe\u{301}\n", "line 3, column \"id\": the same id as on line 2"),
    ("id,name\nann,\"Ann\n", "line 2: a quote is not closed"),
    ("id,name\n\"ann\"x,Ann\n", "line 2: text stands behind a closing quote"),
    ("id\n\(String(repeating: "x", count: 129))\n", "line 2, column \"id\": has more than 128"),
    ("id,name\nann,a\u{7}b\n", "line 2, column \"name\": has a control character"),
    (
      "id\n" + String(repeating: "a\n", count: 9),
      "line 7, column \"id\": the same id as on line 2; and 3 more"
    ),
  ])
  func aFaultIsToldByLineAndColumn(_ file: String, _ reason: String) throws {
    let error = try #require(throws: RosterFileError.self) { try RosterFile.learners(file.utf8) }
    #expect(error.description.contains(reason), "\(error)")
  }

  @Test func whatIsNoTextOrTooMuchIsRefused() throws {
    // "é" as Excel's plain CSV has it.
    let latin = Array("id,name\nann,Ann\nzoe,Zo".utf8) + [0xE9, 0x0A]
    let error = try #require(throws: RosterFileError.self) { try RosterFile.learners(latin) }
    #expect(error.description.contains("line 3: no UTF-8"))
    #expect(throws: RosterFileError("the file has more than 2097152 bytes")) {
      try RosterFile.learners([UInt8](repeating: 0x61, count: RosterFile.longestFile + 1))
    }
    let many = "id\n" + (0...10_000).map { "\($0)\n" }.joined()
    #expect(throws: RosterFileError("the file has more than 10000 learners")) {
      try RosterFile.learners(many.utf8)
    }
  }
}
