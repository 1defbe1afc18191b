import Testing

@testable import Events

@Suite struct JSONMembersTests {
  private static let members = JSONMembers(
    ["event_id", "team", "code", ""], aliases: [(1, "teamName")])

  /// The bytes of each member's value, nil for none.
  private func values(_ text: String, of object: Int = 0) throws -> [String?] {
    var tape = JSONTape()
    var values = [7]
    return try Array(text.utf8).withUnsafeBufferPointer { bytes in
      try tape.scan(bytes)
      let raw = UnsafeRawBufferPointer(bytes)
      let base = Self.members.findValues(of: object, in: tape, raw, appendingTo: &values)
      #expect(base == 1 && values.count == 5 && values[0] == 7, "what was there stays")
      return values[base...].map { index in
        guard index != JSONMembers.absent else { return nil }
        let token = tape.tokens[index]
        return String(decoding: raw[Int(token.start)..<Int(token.end)], as: UTF8.self)
      }
    }
  }

  @Test(arguments: [
    #"{"event_id":"1","team":"a","code":[{"team":2}],"":null}"#,
    #"{"code":[{"team":2}],"x":{"event_id":3},"team":"a","event_id":"1"}"#,
    #"{"teamName":"a","team_":1,"event_id":"1","tea":2,"code":[{"team":2}]}"#,
    #"{"te\u0061m":"a","event\u005fid":"1","code":[{"team":2}],"\ud800":1}"#,
  ])
  func membersAreFoundByNameWhateverTheirOrder(text: String) throws {
    #expect(try values(text) == ["1", "a", #"[{"team":2}]"#, nil])
  }

  @Test func theLastOfEqualNamesCountsAndNullIsAbsent() throws {
    #expect(
      try values(#"{"team":1,"teamName":2,"code":3,"code":null,"":4}"#) == [nil, "2", nil, "4"])
    #expect(try values("{}") == [nil, nil, nil, nil])
  }

  @Test func aNestedObjectsMembersAreItsOwn() throws {
    #expect(try values(#"[{"team":1},{"code":2}]"#, of: 1) == [nil, "1", nil, nil])
  }
}
