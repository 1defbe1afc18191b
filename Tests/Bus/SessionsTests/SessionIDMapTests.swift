import Foundation
import ProgressBusTesting
import Testing

@testable import Sessions

struct SessionIDMapTests {
  @Test(arguments: ["s1", "0", "a-b", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"])
  func agentEngineTakesSmallLettersDigitsAndHyphens(id: String) {
    #expect(SessionIDMap.isAgentEngineID(id))
  }

  @Test(arguments: [
    "", "S1", "-a", "a-", "s_1", "é", "20HGa8Zx", String(repeating: "a", count: 64), "a.b",
  ])
  func agentEngineTakesNoOtherID(id: String) {
    #expect(!SessionIDMap.isAgentEngineID(id))
  }

  @Test func anIDIsMappedTheSameWayEachTime() throws {
    let key = SessionKey(user: "u", id: "S_1")
    let target = try SessionIDMap().map(key)
    #expect(SessionIDMap.isAgentEngineID(target))
    #expect(try SessionIDMap().map(key) == target)
    #expect(try SessionIDMap().map(SessionKey(user: "u2", id: "S_1")) != target)
  }

  @Test func theTableOutlivesTheProcess() async throws {
    try await withTemporaryFolder { folder in
      let path = "\(folder)/ids.jsonl"
      let keys = (0..<3).map { SessionKey(user: "ü \($0)", id: "ID\"\($0)") }
      let first = try SessionIDMap(path: path, isWritten: true)
      let targets = try keys.map(first.map)
      // A kill in the middle of a line.
      var data = try #require(FileManager.default.contents(atPath: path))
      data += Data(#"{"user":"x","sou"#.utf8)
      try data.write(to: URL(fileURLWithPath: path))
      let second = try SessionIDMap(path: path, isWritten: true)
      #expect(keys.map(second.target) == targets)
      #expect(second.source(of: SessionKey(user: keys[1].user, id: targets[1])) == keys[1].id)
      let late = SessionKey(user: "late", id: "L")
      let lateTarget = try second.map(late)
      let third = try SessionIDMap(path: path, isWritten: false)
      #expect(third.count == 4)
      #expect(third.target(of: late) == lateTarget)
    }
  }
}
