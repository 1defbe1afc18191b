import BigQueryMirror
import EventBus
import Events
import Foundation
import Influx
import PostgresDriver

/// Erases a learner everywhere: first events are dropped from now on, then store after store is cleared, in an order
/// in which nothing can come back, then all are searched once more. How far it has come is in PostgreSQL, so the
/// same call goes on where another was killed.
public struct LearnerErasure: Sendable {
  /// How long events that still come in are dropped.
  public static let daysOfDropping = 30

  /// How long the last process takes to hear of the learner: it looks every second, Redis may take two to answer.
  private static let timeToHear = ErasureWatch.interval + .seconds(2)
  /// A consumer that has not touched an entry for so long is dead, and writes it no more.
  private static let lifeSign = Duration.seconds(20)
  /// The longest wait for a write that is under way; each ends within half a minute, well or badly.
  private static let patience = Duration.seconds(90)
  /// Searches after which something that keeps coming is left to the next call.
  private static let searches = 3

  private let stores: LearnerStores
  private let tell: @Sendable (String) -> Void

  /// - Parameter tell: is told what is being done, in a line for people without the learner.
  public init(_ stores: LearnerStores, tell: @escaping @Sendable (String) -> Void = { _ in }) {
    self.stores = stores
    self.tell = tell
  }

  /// - Throws: `BusError`, `PostgresError`. What InfluxDB and BigQuery cannot do now is in the report, and the
  ///   erasure is not finished.
  public func erase(_ learner: LearnerID) async throws -> ErasureReport {
    let store = stores.erasures
    let hash = ErasedLearnersList.hash(of: learner.composed, key: try await store.key())
    let work = Work(stores: stores, learner: learner, hash: hash)
    let goesOn = try await store.begin(hash, droppingFor: Self.daysOfDropping)
    if goesOn { tell("going on with an erasure that was begun before") }
    try await publishList()
    tell("events of this learner are dropped from now on, for \(Self.daysOfDropping) days")
    try await Task.sleep(for: Self.timeToHear)

    for _ in 0..<Self.searches {
      try await eraseFromRedis(work)
      try await eraseFromPostgreSQL(work)
      try await eraseFromInfluxDB(work)
      if try await isClear(work) { break }
      tell("something came in meanwhile: once more")
    }
    try await eraseFromBigQuery(work)

    let steps = try await store.report(of: hash)
    let isFinished = try await isClear(work) && steps.allSatisfy(\.isDone)
    if isFinished { try await store.finish(hash) }
    return ErasureReport(learner: String(hash.prefix(16)), isFinished: isFinished, steps: steps)
  }

  /// Lets the learner's events in again, before the time.
  ///
  /// - Returns: whether they were dropped.
  public func lift(_ learner: LearnerID) async throws -> Bool {
    let store = stores.erasures
    let hash = ErasedLearnersList.hash(of: learner.composed, key: try await store.key())
    let wasDropped = try await store.lift(hash)
    try await publishList()
    return wasDropped
  }

  private func publishList() async throws {
    guard let list = try await stores.erasures.list() else { return }
    try await stores.bus.erasedStore.write(list)
  }

  /// One erasure: whose, and where it notes what it does.
  private struct Work {
    let stores: LearnerStores
    let learner: LearnerID
    let hash: String

    func step(_ name: String) -> ErasureStep {
      ErasureStep(learner: hash, name: name, pool: stores.pool)
    }
  }

  /// After this nobody holds an event of the learner who could still store it.
  private func eraseFromRedis(_ work: Work) async throws {
    tell("journal and dead letters")
    let journal = work.step("journal")
    let deadline = ContinuousClock.now + Self.patience
    while true {
      var ids: [StreamID] = []
      try await stores.redis.forEachEntry(of: work.learner) { ids.append($0.id) }
      let (removed, held) = try await stores.bus.erase(
        ids, touchedWithin: .now < deadline ? Self.lifeSign : .zero)
      try await journal.add(removed)
      if held.isEmpty { break }
      try await Task.sleep(for: .milliseconds(500))
    }
    try await journal.finish()

    let deadLetters = work.step("dead-letters")
    var letters: [StreamID] = []
    try await stores.redis.forEachDeadLetter(of: work.learner) { letters.append($0.id) }
    try await deadLetters.add(try await stores.bus.deadLetters.remove(letters))
    try await deadLetters.finish()
    try await stores.bus.cache.remove(
      work.learner.forms.flatMap { LearnerStatistics.cacheKeys(of: $0, now: Date()) })
  }

  private func eraseFromPostgreSQL(_ work: Work) async throws {
    tell("PostgreSQL")
    let rows = stores.rows
    let tables = try await rows.tables()
    let names = work.learner.forms
    let deadline = ContinuousClock.now + Self.patience
    for table in tables {
      while try await rows.unqueue(names, in: table) > 0 {
        guard .now < deadline else { throw ErasureError.rowsAreBeingSent(table: table.name) }
        try await Task.sleep(for: .milliseconds(500))
      }
    }
    let places = work.step("postgresql.places")
    _ = try await rows.erasePlaces(names, noting: places)
    try await places.finish()
    for table in tables {
      let step = work.step("postgresql.\(table.name)")
      while try await rows.eraseBatch(names, in: table, noting: step) > 0 {}
      try await step.finish()
    }
  }

  private func eraseFromInfluxDB(_ work: Work) async throws {
    let step = work.step("influxdb")
    guard let influx = stores.influx else {
      return try await step.finish(note: "InfluxDB is not set up here")
    }
    tell("InfluxDB")
    do throws(InfluxQueryError) {
      let counts = try await influx.count(work.learner.forms)
      try await influx.erase(work.learner.forms)
      await noting { try await step.add(counts?.values.reduce(0, +) ?? 0) }
    } catch {
      switch error {
      case .unsupported:
        return try await step.wait("this server has no call that deletes points: delete them there")
      case .unavailable(let reason): return try await step.wait(reason)
      // Its words quote the statement.
      case .refused: return try await step.wait("InfluxDB refused the statement")
      }
    }
    try await step.finish()
  }

  /// Figures are not worth an erasure.
  private func noting(_ body: () async throws -> Void) async { try? await body() }

  private func eraseFromBigQuery(_ work: Work) async throws {
    let step = work.step("bigquery")
    let controller: MirrorController
    switch stores.warehouse {
    case .mirror(let mirror): controller = mirror
    case .unknownProject(let mirror):
      guard try await mirror.hasEverSent() else {
        return try await step.finish(note: "nothing was ever sent to BigQuery")
      }
      return try await step.wait(
        "rows were sent to BigQuery before, and BQ_SYNC_PROJECT_ID does not say where")
    }
    tell("BigQuery")
    let done = Set(try await stores.erasures.report(of: work.hash).filter(\.isDone).map(\.step))
    do {
      var waits = false
      for table in try await controller.learnerTables(work.learner.forms) {
        let step = work.step("bigquery.\(table.name)")
        if done.contains(step.name) { continue }
        if table.ownsSessions, waits {
          try await step.wait("comes last: other rows are found by it")
          continue
        }
        switch try await controller.delete(from: table) {
        case .deleted(let count):
          try await step.add(count)
          try await step.finish()
        case .missing: try await step.finish(note: "there is no such table")
        case .stillStreaming:
          waits = true
          try await step.wait("BigQuery changes nothing yet of rows that came in so lately")
        }
      }
      try await step.finish()
    } catch let error as MirrorError {
      try await step.wait("\(error)")
    }
  }

  private func isClear(_ work: Work) async throws -> Bool {
    let counts = try await LearnerStores(
      bus: stores.bus, pool: stores.pool, influx: nil, warehouse: .none(stores.warehouse),
      catalog: stores.catalog
    ).count(work.learner)
    return counts.allSatisfy { $0.count == 0 }
  }
}

extension LearnerStores.Warehouse {
  /// Without BigQuery, whose rows are looked for by the statement that deletes them.
  fileprivate static func none(_ warehouse: Self) -> Self {
    switch warehouse {
    case .mirror(let controller), .unknownProject(let controller): .unknownProject(controller)
    }
  }
}

/// Why an erasure could not go on.
public enum ErasureError: Error, Sendable, Equatable, CustomStringConvertible {
  case rowsAreBeingSent(table: String)

  public var description: String {
    switch self {
    case .rowsAreBeingSent(let table):
      "rows of \(table) have been on their way to BigQuery for long: give the command again later"
    }
  }
}

/// What an erasure has done so far, in this call and in those before it.
public struct ErasureReport: Sendable, Equatable, Encodable {
  public struct Step: Sendable, Equatable, Encodable {
    /// A store, or a store and a table of it.
    public let step: String
    public let removed: Int
    /// Whether nothing is left there.
    public let isDone: Bool
    /// Why something may be left, or why the store was left out.
    public let note: String?

    enum CodingKeys: String, CodingKey {
      case step, removed, note
      case isDone = "done"
    }
  }

  /// The beginning of the keyed hash, as the audit log has it.
  public let learner: String
  public let isFinished: Bool
  public let steps: [Step]

  public var removed: Int { steps.reduce(0) { $0 + $1.removed } }

  enum CodingKeys: String, CodingKey {
    case learner, steps
    case isFinished = "finished"
  }
}
