import HTTPServer
import HTTPTypes
import JSONText
public import Logging
public import ServiceLifecycle

/// Where learners' clients wait for messages. A process reads a course's messages once when one was sent, however
/// many wait for it; who waits costs no query.
///
/// A message is heard of on the bus, and answered once PostgreSQL has it: what a client was given it can ask
/// for again, over restarts of Redis and of this process.
public actor MessageBoard: Service {
  /// The most clients that wait at a process; those beyond are answered 503.
  static let capacity = 5_000
  /// Of one learner: one for each kernel.
  static let capacityOfLearner = 16
  /// The most courses that are known at a time, but for those in which somebody waits: whoever asks names them.
  static let mostCourses = 10_000
  /// A course that was read so long ago is read again, should one message have been missed.
  private static let shelfLife = Duration.seconds(30)
  /// The same where the subscription does not stand.
  private static let shelfLifeUnheard = Duration.seconds(2)
  /// The same for who asks from the beginning, or from where no message is yet: perhaps the learner has just come
  /// into a team.
  private static let shelfLifeAtBeginning = Duration.seconds(2)
  /// For which nobody has asked for so long, a course is forgotten.
  private static let forgetting = Duration.seconds(600)
  /// The same where it has no messages.
  private static let forgettingEmpty = Duration.seconds(30)
  private static let tick = Duration.milliseconds(250)

  private static let full = Problem(
    status: .serviceUnavailable, detail: "too many wait for messages", retryAfter: 30)

  private struct Waiter {
    let course: ExactText
    let learner: String
    let position: Int64
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<[Message], Never>
  }

  private struct Course {
    var messages = CourseMessages()
    var readAt: ContinuousClock.Instant?
    var askedAt = ContinuousClock.now
    /// Ids that were heard of and not read yet, and when each is given up: a dropped event never comes.
    var awaited: [String: ContinuousClock.Instant] = [:]
    var retryAt = ContinuousClock.now
    var retries = 0
    /// The read that is under way.
    var reading: Task<CourseMessages, any Error>?
  }

  private let store: MessageStore
  private let logger: Logger
  private var courses: [ExactText: Course] = [:]
  private var waiters: [UInt64: Waiter] = [:]
  private var nextWaiter: UInt64 = 0
  private var isSubscribed = false
  private var isClosed = false
  private let patience: Duration
  private let mostCourses: Int
  /// How often a course was read.
  private(set) var reads = 0

  /// - Parameter store: the board's own, which it closes.
  public init(store: MessageStore, logger: Logger) {
    self.init(store: store, logger: logger, patience: .seconds(30))
  }

  /// - Parameter patience: how long a message that was heard of is looked for.
  init(
    store: MessageStore, logger: Logger, patience: Duration, mostCourses: Int = mostCourses
  ) {
    self.store = store
    self.logger = logger
    self.patience = patience
    self.mostCourses = mostCourses
  }

  /// Ends waits that are over, and reads what is due, until the process ends; then answers all who wait.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do { try await Task.sleep(for: Self.tick) } catch { break }
        await self.lookAround()
      }
    }
    isClosed = true
    for id in waiters.keys { answer(id, with: []) }
    await store.close()
  }

  /// The learner's messages behind a position; waits for one where there is none.
  ///
  /// - Throws: `Problem` of status 503 when too many wait, and what reading throws.
  func messages(
    for learner: String, in name: String, after position: Int64, waiting: Duration
  ) async throws -> [Message] {
    let course = ExactText(name)
    if courses[course] == nil, courses.count >= mostCourses { try forgetIdleCourses() }
    courses[course, default: Course()].askedAt = .now
    let messages: CourseMessages
    if let kept = courses[course], isFresh(kept, for: position) {
      messages = kept.messages
    } else {
      messages = try await read(course)
    }
    var position = messages.known(position)
    let found = messages.messages(for: learner, after: position)
    if !found.isEmpty || waiting <= .zero || isClosed { return found }
    // Read anew while the read above was awaited: what it brought is not to be slept over.
    if let kept = courses[course] {
      position = kept.messages.known(position)
      let newer = kept.messages.messages(for: learner, after: position)
      if !newer.isEmpty { return newer }
    }
    let theirs = waiters.filter { $0.value.course == course && $0.value.learner == learner }
    if theirs.count >= Self.capacityOfLearner, let oldest = theirs.keys.min() {
      // A closed connection keeps its place until its time is over: the newest is who listens.
      answer(oldest, with: [])
    }
    guard waiters.count < Self.capacity else { throw Self.full }
    // Forgotten meanwhile, it would not be looked after.
    courses[course, default: Course()].askedAt = .now
    nextWaiter += 1
    let id = nextWaiter
    return await withCheckedContinuation { continuation in
      waiters[id] = Waiter(
        course: course, learner: learner, position: position, deadline: .now + waiting,
        continuation: continuation)
    }
  }

  /// Where a client goes on that was given nothing: at its position, unless no message has it.
  func known(_ position: Int64, in name: String) -> Int64 {
    courses[ExactText(name)]?.messages.known(position) ?? position
  }

  /// How many wait.
  var waiting: Int { waiters.count }
  /// How many messages were heard of and are not found yet.
  var awaited: Int { courses.values.reduce(0) { $0 + $1.awaited.count } }

  /// Makes place for another course: those go for which nobody has asked the longest, some at a time, for to find them
  /// is work.
  private func forgetIdleCourses() throws(Problem) {
    let waited = Set(waiters.values.map(\.course))
    let idle = courses.filter { !waited.contains($0.key) }.sorted {
      $0.value.askedAt < $1.value.askedAt
    }
    guard !idle.isEmpty else { throw Self.full }
    for (name, _) in idle.prefix(max(1, mostCourses / 10)) { courses[name] = nil }
  }

  /// A message was published. From any thread.
  nonisolated func heard(_ id: String, in course: String) {
    Task { await noteHeard(id, in: ExactText(course)) }
  }

  /// What is published is heard of from now on, or no longer. From any thread.
  nonisolated func subscriptionChanged(stands: Bool) {
    Task { await noteSubscription(stands) }
  }

  private func noteHeard(_ id: String, in name: ExactText) async {
    // Nobody has asked for the other courses.
    guard courses[name] != nil, courses[name]?.messages.contains(id) == false else { return }
    courses[name]?.awaited[id] = .now + patience
    courses[name]?.retries = 0
    // PostgreSQL has it some milliseconds later, in a quiet moment; `lookAround` has more patience.
    for delay in [10, 20, 40, 80, 160] {
      try? await Task.sleep(for: .milliseconds(delay))
      guard courses[name]?.awaited[id] != nil else { return }
      await readQuietly(name)
    }
  }

  private func noteSubscription(_ stands: Bool) {
    isSubscribed = stands
    // Something may have been missed.
    for name in courses.keys { courses[name]?.readAt = nil }
  }

  /// - Parameter position: whence a client asks; nil for one that waits already.
  private func isFresh(_ course: Course, for position: Int64? = nil) -> Bool {
    guard let readAt = course.readAt else { return false }
    let isAtBeginning = position.map { $0 == 0 || $0 > course.messages.newest } ?? false
    let life =
      isSubscribed
      ? isAtBeginning ? Self.shelfLifeAtBeginning : Self.shelfLife : Self.shelfLifeUnheard
    return readAt.duration(to: .now) < life
  }

  private func lookAround() {
    let now = ContinuousClock.now
    for (id, waiter) in waiters where waiter.deadline <= now { answer(id, with: []) }
    let waited = Set(waiters.values.map(\.course))
    for (name, course) in courses {
      for (id, end) in course.awaited where end <= now { courses[name]?.awaited[id] = nil }
      if !waited.contains(name) {
        let end = course.messages.messages.isEmpty ? Self.forgettingEmpty : Self.forgetting
        if course.askedAt.duration(to: now) > end { courses[name] = nil }
      } else if course.retryAt <= now, !course.awaited.isEmpty || !isFresh(course) {
        courses[name]?.retryAt = now + .milliseconds(min(250 << course.retries, 2000))
        courses[name]?.retries = min(course.retries + 1, 4)
        // Not waited for: the waits of other courses end in time, however slow the database is.
        Task { await readQuietly(name) }
      }
    }
  }

  private func readQuietly(_ name: ExactText) async {
    do { _ = try await read(name) } catch {
      // The database is looked after elsewhere, and told of when it is away.
      logger.debug("messages cannot be read", metadata: ["error": "\(error)"])
    }
  }

  /// Reads a course, once for all who ask meanwhile, and answers who waits for what is found.
  private func read(_ name: ExactText) async throws -> CourseMessages {
    if let reading = courses[name]?.reading { return try await reading.value }
    let reading = Task { [store] in try await store.messages(of: name.text) }
    courses[name, default: Course()].reading = reading
    reads += 1
    let begun = ContinuousClock.now
    let result = await reading.result
    courses[name]?.reading = nil
    let found = try result.get()
    courses[name]?.messages = found
    courses[name]?.readAt = begun
    let awaited = courses[name]?.awaited ?? [:]
    let missing = awaited.isEmpty ? awaited : awaited.filter { !found.contains($0.key) }
    courses[name]?.awaited = missing
    // Where nothing was found of what is looked for, the next look is later.
    if missing.isEmpty || missing.count < awaited.count { courses[name]?.retries = 0 }
    for (id, waiter) in waiters where waiter.course == name {
      let theirs = found.messages(for: waiter.learner, after: waiter.position)
      if !theirs.isEmpty { answer(id, with: theirs) }
    }
    return found
  }

  private func answer(_ id: UInt64, with messages: [Message]) {
    waiters.removeValue(forKey: id)?.continuation.resume(returning: messages)
  }
}
