import HTTPServer
import HTTPTypes
import NIOCore
import Synchronization
import Testing

@testable import Joining

private final class Clock: Sendable {
  let now = Mutex(NIODeadline.now())
}

@Suite struct JoiningCodeTests {
  @Test func aCodeIsReadAsItIsTyped() throws {
    for typed in ["soup-river-42", "Soup River 42", " SOUP-river -42\n", "soup  river 42"] {
      #expect(JoiningCode(typed)?.description == "soup-river-42", "\(typed)")
    }
    for typed in [
      "", "soup-river", "soup-river-9", "soup-river-100", "soup-river-042x", "soup-rivers-42",
      "soup-river-42-1", "42-soup-river", String(repeating: "soup-river-42 ", count: 100),
    ] {
      #expect(JoiningCode(typed) == nil, "\(typed)")
    }
  }

  @Test func codesAreManyAndReadBack() {
    let codes = Set((0..<2_000).map { _ in JoiningCode.random() })
    // Of 5.9 million, 2,000 are all different but for one pair in three runs.
    #expect(codes.count > 1_990)
    for code in codes { #expect(JoiningCode(code.description) == code) }
  }

  @Test func whoTriesManyCodesWaits() throws {
    let clock = Clock()
    let limit = WrongCodeLimit(now: { clock.now.withLock { $0 } })
    let (ann, eve) = (ClientAddress("192.0.2.1"), ClientAddress("192.0.2.2"))
    for _ in 0..<60 {
      try limit.check(eve)
      limit.noteWrong(eve)
    }
    let problem = #expect(throws: Problem.self) { try limit.check(eve) }
    #expect(problem?.status == .tooManyRequests)
    try limit.check(ann)
    clock.now.withLock { $0 = $0 + .seconds(7) }
    try limit.check(eve)
    limit.noteWrong(eve)
    #expect(throws: Problem.self) { try limit.check(eve) }
  }
}
