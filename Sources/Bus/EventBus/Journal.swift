public import NIOCore

/// The durable side of the bus: an append-only log that consumer groups read at their own pace.
///
/// Delivery is at least once: what was read stays pending until it is acknowledged, and another
/// consumer claims it when its reader has fallen silent.
public protocol Journal: Sendable {
  /// Its partitions, each a journal of its own that only takes and answers places in it: entries have an order in
  /// each, and none over all. The journal itself where it is one stream.
  var partitions: [any Journal] { get }

  /// Makes a consumer group that starts at the oldest entry; does nothing when it exists.
  func createGroup(_ group: String) async throws(BusError)

  /// Reads up to `count` entries that no consumer of the group has had yet, waiting up to `wait` for
  /// the first.
  ///
  /// - Parameter bytes: reading stops once the entries hold as many. A few more entries may come, so
  ///   that what one read brings is bounded whatever they weigh.
  /// - Throws: `BusError.noGroup` after the bus lost its data; make the group again.
  func read(
    group: String, consumer: String, count: Int, bytes: Int, wait: Duration
  ) async throws(BusError) -> [JournalEntry]

  /// Takes over up to `count` pending entries whose consumer has not touched them for `idle`.
  ///
  /// That alone counts for nothing: each comes with how many writes of it were begun before.
  func claimAbandoned(
    group: String, consumer: String, idle: Duration, count: Int
  ) async throws(BusError) -> [ClaimedEntry]

  /// Says that a write of exactly these entries is about to begin, so that one whose writers keep dying
  /// can be told from those that lay beside it.
  ///
  /// - Parameter attempts: The writes of each that have begun by then; a first read counts as one.
  func noteAttempt(
    group: String, consumer: String, ids: [StreamID], attempts: Int
  ) async throws(BusError)

  /// Says that the consumer still works on these entries, so that no other claims them.
  func touch(group: String, consumer: String, ids: [StreamID]) async throws(BusError)

  func acknowledge(group: String, ids: [StreamID]) async throws(BusError)

  /// Leaves the group, unless entries are still pending with this consumer.
  func leave(group: String, consumer: String) async throws(BusError)

  /// Removes the group's consumers that have nothing pending, have been silent for so long and are no
  /// worker that lives; returns how many.
  func forgetConsumers(of group: String, silentFor: Duration) async throws(BusError) -> Int

  /// Up to `limit` entries behind `position`, oldest first, whoever has read them; none only where nothing is behind
  /// it. Those of a later partition stand behind all of an earlier one.
  ///
  /// - Parameter bytes: the most that they hold together; one comes however large it is.
  func entries(
    after position: StreamID, limit: Int, bytes: Int
  ) async throws(BusError) -> [JournalEntry]

  func state() async throws(BusError) -> JournalState

  /// Removes every entry before `id`; returns how many.
  func trim(before id: StreamID) async throws(BusError) -> Int
}

extension Journal {
  public var partitions: [any Journal] { [self] }

  /// However large they are: for a few.
  public func entries(
    after position: StreamID, limit: Int
  ) async throws(BusError) -> [JournalEntry] {
    try await entries(after: position, limit: limit, bytes: .max)
  }

  /// However large they are: for a few.
  public func read(
    group: String, consumer: String, count: Int, wait: Duration
  ) async throws(BusError) -> [JournalEntry] {
    try await read(group: group, consumer: consumer, count: count, bytes: .max, wait: wait)
  }
}

/// A pending entry taken over from another consumer.
public struct ClaimedEntry: Sendable, Equatable {
  public let entry: JournalEntry
  /// How many writes of it were begun, as far as anybody noted it; its first read counts as one.
  public let attempts: Int

  public init(entry: JournalEntry, attempts: Int) {
    self.entry = entry
    self.attempts = attempts
  }
}

/// One event in the journal.
public struct JournalEntry: Sendable, Equatable {
  public let id: StreamID
  /// The event's kind, so that a reader can sort entries without parsing them.
  public let eventType: String
  /// The event as one canonical JSON object, without its `stream_id`.
  public let payload: ByteBuffer
  /// The only sink that is to take it, when it is the replay of a dead letter; nil for all.
  public let target: String?

  public init(id: StreamID, eventType: String, payload: ByteBuffer, target: String? = nil) {
    self.id = id
    self.eventType = eventType
    self.payload = payload
    self.target = target
  }
}
