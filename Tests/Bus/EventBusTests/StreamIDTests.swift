import EventBus
import Foundation
import ProgressBusTesting
import Testing

/// The table in `Tests/Support/Fixtures`, which the page's tests run too (`stream-position.test.js`).
@Suite struct StreamIDTests {
  private struct Table: Decodable {
    struct Position: Decodable {
      let text: String
      let canonical: String
    }

    let positions: [Position]
    let malformed: [String]
  }

  private let table: Table

  init() throws {
    let file = ProjectFolder.url.appendingPathComponent(
      "Tests/Support/Fixtures/stream-positions.json")
    table = try JSONDecoder().decode(Table.self, from: Data(contentsOf: file))
  }

  @Test func aPositionIsWrittenAsTheTableSays() throws {
    try #require(!table.positions.isEmpty)
    for position in table.positions {
      #expect(StreamID(position.text)?.description == position.canonical, "\(position.text)")
      #expect(
        StreamID(decimalDigits: position.text.utf8)?.description == position.canonical,
        "\(position.text)")
      #expect(StreamID(position.canonical)?.description == position.canonical)
    }
  }

  @Test func positionsStandInTheOrderOfTheTable() {
    let ids = table.positions.compactMap { StreamID($0.text) }
    for (earlier, later) in zip(ids, ids.dropFirst()) {
      #expect(earlier <= later, "\(earlier) \(later)")
      #expect((earlier == later) == (earlier.description == later.description))
    }
  }

  @Test func aPartitionStandsInFrontAndCountsLast() throws {
    let id = try #require(StreamID("3:17-5"))
    #expect(id == StreamID(milliseconds: 17, sequence: 5, partition: 3))
    #expect(id.description == "3:17-5" && id.entryID == "17-5")
    #expect(try id < #require(StreamID("2:17-6")))
    #expect(try #require(StreamID("17-5")) < id)
    for text in ["0:1-0", ":1-0", "3:", "3:1", "65536:1-0", "1:2:3-4", "1-2:3", "-1:1-0"] {
      #expect(StreamID(text) == nil, "\(text)")
    }
  }

  @Test func whatIsNoPositionIsRefused() throws {
    try #require(!table.malformed.isEmpty)
    for text in table.malformed {
      #expect(StreamID(text) == nil, "\(text)")
    }
  }
}
