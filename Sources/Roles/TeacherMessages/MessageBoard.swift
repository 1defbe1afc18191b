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
  /// The most courses that are known at a time: whoever asks names them.
  static let mostCourses = 10_000
  /// A course that was read so long ago is read again, should one message have been missed.
  private static let shelfLife = Duration.seconds(30)
  /// The same where the subscription does not stand.
  private static let shelfLifeUnheard = Duration.seconds(2)
  /// For which nobody has asked for so long, a course is forgotten.
  private static let forgetting = Duration.seconds(600)
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
    /// Ids that were heard of and not read yet.
    var awaited: Set<String> = []
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

  /// - Parameter store: the board's own, which it closes.
  public init(store: MessageStore, logger: Logger) {
    self.store = store
    self.logger = logger
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
    guard courses[course] != nil || courses.count < Self.mostCourses else { throw Self.full }
    courses[course, default: Course()].askedAt = .now
    let known: CourseMessages
    if let kept = courses[course], isFresh(kept) {
      known = kept.messages
    } else {
      known = try await read(course)
    }
    let found = known.messages(for: learner, after: position)
    if !found.isEmpty || waiting <= .zero || isClosed { return found }
    let theirs = waiters.values.count { $0.course == course && $0.learner == learner }
    guard waiters.count < Self.capacity, theirs < Self.capacityOfLearner else { throw Self.full }
    // Read anew while the read above was awaited: what it brought is not to be slept over.
    if let kept = courses[course] {
      let newer = kept.messages.messages(for: learner, after: position)
      if !newer.isEmpty { return newer }
    }
    nextWaiter += 1
    let id = nextWaiter
    return await withCheckedContinuation { continuation in
      waiters[id] = Waiter(
        course: course, learner: learner, position: position, deadline: .now + waiting,
        continuation: continuation)
    }
  }

  /// How many wait.
  var waiting: Int { waiters.count }

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
    courses[name]?.awaited.insert(id)
    // PostgreSQL has it some milliseconds later, in a quiet moment; `lookAround` has more patience.
    for delay in [10, 20, 40, 80, 160] {
      try? await Task.sleep(for: .milliseconds(delay))
      guard courses[name]?.awaited.contains(id) == true else { return }
      await readQuietly(name)
    }
  }

  private func noteSubscription(_ stands: Bool) {
    isSubscribed = stands
    // Something may have been missed.
    for name in courses.keys { courses[name]?.readAt = nil }
  }

  private func isFresh(_ course: Course) -> Bool {
    guard let readAt = course.readAt else { return false }
    return readAt.duration(to: .now) < (isSubscribed ? Self.shelfLife : Self.shelfLifeUnheard)
  }

  private func lookAround() {
    let now = ContinuousClock.now
    for (id, waiter) in waiters where waiter.deadline <= now { answer(id, with: []) }
    let waited = Set(waiters.values.map(\.course))
    for (name, course) in courses {
      if !waited.contains(name) {
        if course.askedAt.duration(to: now) > Self.forgetting { courses[name] = nil }
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
    let begun = ContinuousClock.now
    let result = await reading.result
    courses[name]?.reading = nil
    let found = try result.get()
    courses[name]?.messages = found
    courses[name]?.readAt = begun
    courses[name]?.retries = 0
    courses[name]?.awaited.subtract(found.messages.map(\.id))
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
