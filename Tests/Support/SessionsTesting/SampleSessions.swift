public import Events
public import Sessions

/// Sessions and events for tests.
public enum SampleSessions {
  /// 2023-11-14T22:13:20.123456Z.
  public static let start = Timestamp(microseconds: 1_700_000_000_123_456)

  /// What every store gives back as it was.
  public static let values: [String: SessionValue] = [
    "null": .null, "yes": .boolean(true), "no": .boolean(false), "zero": .integer(0),
    "large": .integer(9_007_199_254_740_992), "negative": .integer(-5), "half": .double(0.5),
    "tiny": .double(1e-300), "whole": .double(5), "text": .string("naïve „ü“ 日本語 🎓\n\t\"\\/\u{1}"),
    "empty text": .string(""), "empty map": .map([:]), "empty list": .array([]),
    "list": .array([.integer(1), .string("two"), .map(["three": .integer(3)]), .null]),
    "map": .map(["a.b": .integer(1), "ключ": .map(["c": .array([.boolean(false)])])]),
    "0": .string("a number's name"), "with space": .string("x"), "back`tick\\": .string("y"),
  ]

  /// - Parameter delta: keys with prefixes.
  public static func event(_ number: Int, delta: [String: SessionValue] = [:]) -> SessionEvent {
    SessionEvent(
      id: "event-\(number)", author: number.isMultiple(of: 2) ? "user" : "coach",
      invocationID: "invocation-\(number / 2)",
      timestamp: Timestamp(microseconds: start.microseconds + Int64(number) * 1_500_000),
      members: [
        "content": .map([
          "role": .string(number.isMultiple(of: 2) ? "user" : "model"),
          "parts": .array([
            .map(["text": .string("part \(number) – größer\n")]),
            .map([
              "functionCall": .map([
                "id": .string("call-\(number)"), "name": .string("look_up"),
                "args": .map(["snake_case": .integer(1), "camelCase": .array([.null])]),
              ])
            ]),
          ]),
        ]),
        "turnComplete": .boolean(true),
        "actions": .map([
          "stateDelta": .map(delta), "artifactDelta": .map([:]),
          "requestedAuthConfigs": .map([:]),
        ]),
        "usageMetadata": .map(["totalTokenCount": .integer(Int64(number))]),
        "longRunningToolIds": .array([.string("call-\(number)")]),
      ])
  }

  public static func events(_ count: Int) -> [SessionEvent] { (0..<count).map { event($0) } }

  /// A session with all scopes, whose last two events have the same time.
  public static func session(_ key: SessionKey, events count: Int) -> Session {
    var events = (0..<count).map {
      event($0, delta: $0.isMultiple(of: 3) ? ["counter": .integer(Int64($0))] : [:])
    }
    if count > 1 { events[count - 1].timestamp = events[count - 2].timestamp }
    return Session(
      key: key,
      state: SessionState(
        app: ["theme": .string("dark")], user: ["name": .string("Ada"), "level": .integer(7)],
        session: ["counter": .integer(Int64(count)), "topic": .string("Schleifen ∞")]),
      events: events, createTime: start,
      updateTime: Timestamp(microseconds: start.microseconds + 60_000_000))
  }
}
