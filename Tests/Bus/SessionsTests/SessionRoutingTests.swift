import Testing

@testable import Sessions

struct SessionRoutingTests {
  private func routing(
    percentage: String? = "10", users: String? = nil, id: String? = "42", name: String? = "p/e/42"
  ) throws -> SessionRouting {
    try SessionRouting(
      agentEngineID: id, agentEngineResourceName: name, migratedUsers: users,
      percentage: percentage)
  }

  @Test(arguments: [
    ("user-1", 94), ("user-2", 87), ("alice@example.com", 63), ("ユーザー", 87), ("U", 52),
    ("0", 40),
  ])
  func aUserHasOnePlaceForEver(user: String, place: Int) {
    #expect(SessionRouting.place(of: user) == place)
  }

  @Test func tenPercentAreTenPercent() throws {
    let ten = try routing()
    let twentyFive = try routing(percentage: "25")
    var count = 0
    for number in 0..<100_000 {
      let user = "user-\(number)"
      guard ten.decide(user: user).backend == .agentEngine else { continue }
      count += 1
      #expect(twentyFive.decide(user: user).backend == .agentEngine)
    }
    #expect(count == 9_893)
  }

  @Test func theEndsOfTheRange() throws {
    for user in ["user-1", "user-2", "U", "ü"] {
      #expect(try routing(percentage: "0").decide(user: user).backend == .firestore)
      #expect(try routing(percentage: nil).decide(user: user).backend == .firestore)
      #expect(try routing(percentage: "100").decide(user: user).backend == .agentEngine)
    }
    // "0" has the place 40.
    #expect(try routing(percentage: "40").decide(user: "0").backend == .firestore)
    #expect(try routing(percentage: "41").decide(user: "0").backend == .agentEngine)
  }

  @Test(arguments: ["-1", "101", "10.5", "ten", "", " 10", "+5", "1e1", "99999999999999999999"])
  func whatIsNoPercentageStopsTheStart(text: String) {
    #expect(throws: SessionRouting.InvalidPercentage.self) { try routing(percentage: text) }
  }

  @Test(arguments: [(nil, "p/e/42"), ("42", nil), ("", "p/e/42"), ("42", "  "), (nil, nil)])
  func withoutAgentEngineAllStay(id: String?, name: String?) throws {
    let decision = try routing(percentage: "100", users: "U", id: id, name: name).decide(user: "U")
    #expect(decision == .init(backend: .firestore, reason: .noAgentEngine))
  }

  @Test func namedUsersAreMovedWhateverThePercentage() throws {
    let routing = try routing(percentage: "0", users: " user-1 ,,ユーザー, a b ")
    for user in ["user-1", "ユーザー", "a b"] {
      #expect(routing.decide(user: user) == .init(backend: .agentEngine, reason: .named))
    }
    #expect(routing.decide(user: "user-2").reason == .place(87, percentage: 0))
    // Another form of the same letters is another user.
    let composed = try self.routing(percentage: "0", users: "caf\u{e9}")
    #expect(composed.decide(user: "cafe\u{301}").backend == .firestore)
  }

  @Test func withoutAUserAndByVoiceSessionsStay() throws {
    let routing = try routing(percentage: "100", users: "U")
    #expect(routing.decide(user: nil) == .init(backend: .firestore, reason: .noUser))
    #expect(routing.decide(user: "") == .init(backend: .firestore, reason: .noUser))
    #expect(
      routing.decide(user: "U", isVoice: true) == .init(backend: .firestore, reason: .voice))
  }

  @Test func everyReasonIsSaid() throws {
    #expect(
      try routing().decide(user: "U").reason.description
        == "place 52 of 100 is not below MIGRATION_PERCENTAGE 10")
    #expect(try routing(percentage: "60").decide(user: "U").reason.description.contains("is below"))
  }
}
