public import Events
public import NIOCore

/// Keeps dead letters until someone replays or purges them, up to a number of them. Nothing expires by
/// itself.
public protocol DeadLetterStore: Sendable {
  /// Moves entries of the journal to the store, each in one step: it is acknowledged for the sink that
  /// refused it exactly when its dead letter is stored.
  ///
  /// One that is not pending any more counts as settled, so a call may be repeated. Where the sink's group
  /// is gone with all data of the bus, the dead letter is stored all the same.
  /// - Returns: how many, from the first, are settled; fewer than all when the store is full.
  func add(_ refused: [RefusedEntry]) async throws(BusError) -> Int

  /// Up to `limit` dead letters behind `position`, oldest first.
  func deadLetters(after position: StreamID, limit: Int) async throws(BusError)
    -> [StoredDeadLetter]

  /// The same without their payloads, which may be large and are personal.
  func summaries(
    after position: StreamID, limit: Int
  ) async throws(BusError) -> [DeadLetterSummary]

  /// The newest one's id; nil when there is none.
  func newest() async throws(BusError) -> StreamID?

  func deadLetter(_ id: StreamID) async throws(BusError) -> StoredDeadLetter?

  /// Appends the dead letter to the journal for its sink alone and removes it from the store, in one
  /// atomic step; false when it is gone already. One of sink `bus` cannot be replayed so: publish
  /// its payload again.
  func replay(_ id: StreamID) async throws(BusError) -> Bool

  /// Removes dead letters; returns how many were there.
  func remove(_ ids: [StreamID]) async throws(BusError) -> Int

  func count() async throws(BusError) -> Int
}

/// An event that a sink refused for good, or a hand-published message that is no valid event.
public struct DeadLetter: Sendable, Equatable {
  /// Stands for a sink's name where the bus itself refused a hand-published message.
  public static let busName = "bus"

  /// Who refused it: a sink's name, or `busName`.
  public let sink: String
  /// Why, in one line, without personal data.
  public let reason: String
  /// How often it was tried.
  public let attempts: Int
  /// The event's kind; empty for a message that is no event.
  public let eventType: String
  /// The event or message as it was.
  public let payload: ByteBuffer

  public init(sink: String, reason: String, attempts: Int, eventType: String, payload: ByteBuffer) {
    self.sink = sink
    self.reason = reason
    self.attempts = attempts
    self.eventType = eventType
    self.payload = payload
  }
}

/// An entry of the journal that a sink refuses for good, on its way to the dead letters.
public struct RefusedEntry: Sendable, Equatable {
  /// Its place in the journal.
  public let id: StreamID
  public let deadLetter: DeadLetter

  public init(id: StreamID, deadLetter: DeadLetter) {
    self.id = id
    self.deadLetter = deadLetter
  }
}

extension DeadLetter {
  /// What is longer is not looked into for an id: no valid event is.
  private static let longestReadPayload = 65_536
  private static let members = JSONMembers(["event_id"], aliases: [(0, "eventId")])
  /// How every event begins (`CanonicalForm`).
  private static let beginning = Array(#"{"event_id":""#.utf8)

  /// The id that the payload tells: every event does, a hand-published message may. A UUID holds nothing personal.
  public var eventID: EventID? {
    payload.withUnsafeReadableBytes { bytes in
      let end = Self.beginning.count + EventID.textLength
      if bytes.count > end, bytes[end] == UInt8(ascii: "\""), bytes.starts(with: Self.beginning),
        let id = EventID(UnsafeRawBufferPointer(rebasing: bytes[Self.beginning.count..<end]))
      {
        return id
      }
      guard bytes.count <= Self.longestReadPayload else { return nil }
      var tape = JSONTape()
      do { try tape.scan(bytes.assumingMemoryBound(to: UInt8.self)) } catch { return nil }
      guard tape.tokens[0].kind == .object else { return nil }
      var values: [Int] = []
      Self.members.findValues(in: tape, bytes, appendingTo: &values)
      guard values[0] != JSONMembers.absent, case let token = tape.tokens[values[0]],
        token.kind == .string
      else { return nil }
      return EventID(UnsafeRawBufferPointer(rebasing: bytes[Int(token.start)..<Int(token.end)]))
    }
  }
}

/// A dead letter in the store. Its id's milliseconds say when it was put there.
public struct StoredDeadLetter: Sendable, Equatable {
  public let id: StreamID
  public let deadLetter: DeadLetter

  public init(id: StreamID, deadLetter: DeadLetter) {
    self.id = id
    self.deadLetter = deadLetter
  }
}

/// A dead letter without what it holds: enough to look for a few among very many.
public struct DeadLetterSummary: Sendable, Equatable {
  public let id: StreamID
  /// Who refused it: a sink's name, or `bus`.
  public let sink: String
  /// Why, in one line, without personal data.
  public let reason: String
  /// How often it was tried.
  public let attempts: Int
  /// The event's kind; empty for a message that is no event.
  public let eventType: String
  /// The event's id, by which whoever sent it can be answered; nil for a message that tells none.
  public let eventID: EventID?
  /// The length of what it holds.
  public let payloadBytes: Int

  public init(
    id: StreamID, sink: String, reason: String, attempts: Int, eventType: String,
    eventID: EventID?, payloadBytes: Int
  ) {
    self.id = id
    self.sink = sink
    self.reason = reason
    self.attempts = attempts
    self.eventType = eventType
    self.eventID = eventID
    self.payloadBytes = payloadBytes
  }

  public init(_ stored: StoredDeadLetter) {
    self.init(
      id: stored.id, sink: stored.deadLetter.sink, reason: stored.deadLetter.reason,
      attempts: stored.deadLetter.attempts, eventType: stored.deadLetter.eventType,
      eventID: stored.deadLetter.eventID, payloadBytes: stored.deadLetter.payload.readableBytes)
  }
}
