import Events
import SessionsTesting
import Testing

@testable import Sessions

struct SessionValueTests {
  @Test func jsonComesBackAsItWas() throws {
    let value = SessionValue.map(SampleSessions.values)
    #expect(try SessionValue(json: value.json) == value)
  }

  @Test(arguments: [
    "", "{", "NaN", "[Infinity]", "12345678901234567890", #"{"a":1,"a":2}"#, #""\ud800""#, "1e999",
    "{\"caf\u{e9}\":1,\"cafe\u{301}\":2}",
  ])
  func whatCannotBeKeptIsSaid(text: String) {
    #expect(throws: SessionValueError.self) { try SessionValue(json: text.utf8) }
  }

  @Test func numbersAreComparedByValue() {
    #expect(SessionValue.integer(5) == .double(5))
    #expect(SessionValue.double(-0.0) == .integer(0))
    #expect(SessionValue.integer(9_007_199_254_740_993) != .double(9_007_199_254_740_992))
    #expect(SessionValue.integer(.max) != .double(9.3e18))
    #expect(SessionValue.double(.nan) == .double(.nan))
    #expect(SessionValue.string("caf\u{e9}") != .string("cafe\u{301}"))
  }

  @Test func typesOfFirestoreHaveADeclaredForm() throws {
    let values: [String: SessionValue] = [
      "time": .timestamp(SampleSessions.start), "bytes": .bytes([0, 255, 254]),
      "place": .geoPoint(latitude: 52.5, longitude: 13),
      "list": .array([.reference("projects/p/databases/(default)/documents/users/u")]),
    ]
    let encoded = try StructForm.encode(values, at: "state")
    #expect(
      encoded["time"] == .map(["$timestamp": .string("2023-11-14T22:13:20.123456Z")]))
    // What a Struct holds has gone through JSON.
    let kept = try SessionValue(json: SessionValue.map(encoded).json)
    #expect(StructForm.decode(kept) == .map(values))
  }

  @Test(arguments: [
    (SessionValue.double(.nan), "NaN"), (.double(-.infinity), "infinit"),
    (.integer((1 << 53) + 1), "2^53"), (.map(["$bytes": .string("AA==")]), "declared form"),
    (.array([.map(["deep": .integer(.min)])]), "state.key[0].deep"),
  ])
  func whatDoesNotFitAStructIsReported(value: SessionValue, words: String) {
    let error = #expect(throws: SessionValueError.self) {
      try StructForm.encode(["key": value], at: "state")
    }
    #expect(error?.description.contains(words) == true)
  }

  @Test func whatOnlyLooksLikeADeclaredFormStays() {
    for value: SessionValue in [
      .map(["$timestamp": .string("yesterday")]), .map(["$bytes": .integer(1)]),
      .map(["$geoPoint": .array([.integer(1)])]),
      .map(["$timestamp": .string("2023-11-14T22:13:20Z"), "more": .null]),
    ] {
      #expect(StructForm.decode(value) == value)
    }
  }
}

struct SessionEventTests {
  @Test func bothSpellingsAreTheSameEvent() throws {
    let event = SampleSessions.event(3, delta: ["snake_case": .integer(1), "camelCase": .null])
    let spelled = EventNames.snakeCased(event.object)
    #expect(spelled["turn_complete"] == .boolean(true))
    #expect(spelled["long_running_tool_ids"] != nil)
    #expect(spelled["actions"]?["state_delta"] == .map(event.stateDelta))
    #expect(try SessionEvent(object: spelled) == event)
    #expect(try SessionEvent(object: event.object) == event)
  }

  @Test func namesThatUsersGiveStayAsTheyAre() throws {
    let object: [String: SessionValue] = [
      "custom_metadata": .map(["my_key": .map(["other_key": .null])]),
      "actions": .map([
        "requested_auth_configs": .map(["tool_id": .map(["auth_scheme": .string("x_y")])])
      ]),
      "error_code": .null,
    ]
    #expect(
      EventNames.camelCased(object) == [
        "customMetadata": .map(["my_key": .map(["other_key": .null])]),
        "actions": .map([
          "requestedAuthConfigs": .map(["tool_id": .map(["authScheme": .string("x_y")])])
        ]),
      ])
  }

  @Test(arguments: [
    SessionValue.double(1_700_000_000.123456), .string("2023-11-14T22:13:20.123456Z"),
    .string("2023-11-14T23:13:20.123456+01:00"), .timestamp(SampleSessions.start),
  ])
  func aTimeHasSeveralForms(timestamp: SessionValue) throws {
    let event = try SessionEvent(object: ["id": .string("e"), "timestamp": timestamp])
    #expect(event.timestamp == SampleSessions.start)
  }

  @Test(
    arguments: [
      [:], ["id": .string("e")], ["timestamp": .integer(1)],
      ["id": .string("e"), "timestamp": .double(1e300)],
    ] as [[String: SessionValue]])
  func anEventHasAnIDAndATime(object: [String: SessionValue]) {
    #expect(throws: SessionValueError.self) { try SessionEvent(object: object) }
  }

  @Test func temporaryKeysAreNeverStored() {
    #expect(
      SessionState(prefixed: ["temp:a": .null, "app:b": .null, "user:": .null, "c:d": .null])
        == SessionState(app: ["b": .null], user: ["": .null], session: ["c:d": .null]))
    let event = SampleSessions.event(1, delta: ["temp:x": .null, "user:y": .null])
    #expect(event.withoutTemporaryState.stateDelta == ["user:y": .null])
  }
}
