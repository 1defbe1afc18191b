public import Access
import Cryptography
public import EventBus
import Events
import Foundation
import HTTPServer
import HTTPTypes
public import Hummingbird
import JSONText
import Logging
import NIOConcurrencyHelpers
import NIOCore
public import Observability
import PostgresDriver

/// The way back, over HTTP: teachers take hands and send messages, learners' clients wait for them.
public struct MessageRoutes: Sendable {
  /// The longest that a client waits for an answer, in seconds: proxies give up after 30 or 60.
  static let longestWait = 25
  /// The largest body, in bytes.
  private static let bodyLimit = 16_384

  private let board: MessageBoard
  private let store: MessageStore
  private let publisher: MessagePublisher
  private let claims: MessageClaims
  private let audit: AuditTrail
  private let outage = DatabaseOutage()

  /// - Parameters:
  ///   - store: another than the board's, so that learners who wait for a connection are in no teacher's way; stays
  ///     open for as long as the process lives.
  ///   - decoder: of the whole catalog.
  ///   - audit: where is noted what teachers send; nil where there is no database for it.
  public init(
    board: MessageBoard, store: MessageStore, publisher: any EventPublisher,
    decoder: any HandPublishedDecoder, erased: ErasedLearners, claims: MessageClaims,
    audit: (any AuditLog)? = nil
  ) {
    self.board = board
    self.store = store
    self.publisher = MessagePublisher(publisher: publisher, decoder: decoder, erased: erased)
    self.claims = claims
    self.audit = AuditTrail(log: audit)
  }

  /// What teachers do. The router lets no caller through to another course than theirs.
  public func addTeachers<Context: CallerContext>(to router: some RouterMethods<Context>) {
    router.get("/api/v1/courses/:course/messages") { request, context in
      try await answer(request, context) { try await list($0) }
    }
    router.post("/api/v1/courses/:course/messages") { request, context in
      try await answer(request, context, status: .accepted) { parameters in
        try await send(try await Self.body(request), parameters, context)
      }
    }
    router.post("/api/v1/courses/:course/hands/:student/take") { request, context in
      try await answer(request, context, status: .accepted) { parameters in
        try await takeHand(try await Self.body(request), parameters, context)
      }
    }
  }

  /// What learners' clients ask. Whose messages they may have is looked at here.
  public func addLearners<Context: CallerContext>(to router: some RouterMethods<Context>) {
    router.get("/api/v1/messages") { request, context in
      try await answer(request, context) { try await waited($0, context.caller) }
    }
  }

  private func list(_ parameters: RequestParameters) async throws -> JSONWriter {
    let course = try Self.identifier("course", parameters)
    let messages = try await store.sentMessages(
      of: course, limit: try parameters.integer("limit", in: 1...200, default: 50))
    let hands = try await store.hands(of: course)
    return MessageAnswers.list(messages, hands: hands, of: course)
  }

  private func send(
    _ asked: AskedMessage, _ parameters: RequestParameters, _ context: some CallerContext
  ) async throws -> JSONWriter {
    let course = try Self.identifier("course", parameters)
    let recipient = try asked.checkedRecipient()
    let teacher = try asked.name(of: context.caller)
    let content = MessageStore.Content(
      course: course, recipient: recipient, learner: recipient == "learner" ? asked.studentID : nil,
      team: recipient == "team" ? asked.team : nil, text: asked.checkedText,
      answersHand: asked.answersHand ?? false)
    let id = try asked.checkedID()
    if let id, try await isSent(content, as: id.description) {
      return MessageAnswers.published(id.description)
    }
    let sent = try await audit.record(
      "messages.send", target: recipient, context
    ) {
      try await publisher.publish("message_sent", course: course, id: id) { json in
        json.member("recipient", recipient)
        if let learner = content.learner { json.member("student_id", learner) }
        if let team = content.team { json.member("team", team) }
        json.member("teacher", teacher)
        json.member("answers_hand", content.answersHand)
        json.member("text", content.text)
      }
    }
    return MessageAnswers.published(sent)
  }

  /// - Returns: whether the message is stored, and need not be published again.
  /// - Throws: `Problem` of status 409 where the id is another message's.
  private func isSent(_ content: MessageStore.Content, as id: String) async throws -> Bool {
    let other = Problem(status: .conflict, detail: "message_id is another message's")
    if let stored = try await store.content(of: id) {
      guard stored == content else { throw other }
      return true
    }
    let holder = SHA256.digest(of: "\(content)").lowercaseHex
    let claimed = try await claims.claim(["message", id], for: holder)
    guard claimed == nil || claimed == holder else { throw other }
    return false
  }

  private func takeHand(
    _ asked: AskedMessage, _ parameters: RequestParameters, _ context: some CallerContext
  ) async throws -> JSONWriter {
    let course = try Self.identifier("course", parameters)
    let learner = try Self.identifier("student", parameters)
    let teacher = try asked.name(of: context.caller)
    // Who it was is personal, and so are their names.
    let others = Problem(status: .conflict, detail: "another teacher has taken the hand")
    let hand = try await store.hands(of: course, learner: learner).first
    if let hand, let taker = hand.teacher {
      guard taker == teacher, let id = hand.takenBy else { throw others }
      return MessageAnswers.published(id)
    }
    let askedAt: String
    if let hand {
      askedAt = hand.askedAt
    } else {
      askedAt = try await unstored(asked, learner: learner, course: course)
    }
    let id = EventID.random()
    let holder = "\(id) \(teacher)"
    let holderNow =
      try await claims.claim(["hand", course, learner, askedAt], for: holder) ?? holder
    // The same teacher's once more, under the first one's id: it is one event.
    guard holderNow.dropFirst(36) == " \(teacher)", let id = EventID(String(holderNow.prefix(36)))
    else { throw others }
    let taken = try await audit.record("hands.take", context) {
      try await publisher.publish("hand_taken", course: course, id: id) { json in
        json.member("student_id", learner)
        json.member("teacher", teacher)
        json.member("asked_at", askedAt)
      }
    }
    return MessageAnswers.published(taken)
  }

  /// Since when a hand is up of which the page has heard, and PostgreSQL has not yet.
  private func unstored(
    _ asked: AskedMessage, learner: String, course: String
  ) async throws -> String {
    guard let askedAt = try asked.checkedAskedAt(),
      try await !store.isDown(of: course, learner: learner, askedAt: askedAt)
    else { throw Problem(status: .conflict, detail: "the learner does not ask for help") }
    return askedAt
  }

  private func waited(
    _ parameters: RequestParameters, _ caller: Caller
  ) async throws -> JSONWriter {
    let course =
      try parameters.text("course_id", maximumLength: Envelope.identifierLength)
      ?? Envelope.defaultCourse
    let learner = try MessageReader.learner(
      named: try parameters.text("student_id", maximumLength: Envelope.identifierLength),
      in: course, caller: caller)
    let position = try parameters.integer("after", in: 0...999_999_999_999_999_999, default: 0)
    let wait = try parameters.integer(
      "wait", in: 0...Self.longestWait, default: Self.longestWait)
    let messages = try await board.messages(
      for: learner, in: course, after: Int64(position), waiting: .seconds(wait))
    return MessageAnswers.waited(
      messages, after: await board.known(Int64(position), in: course))
  }

  private func answer(
    _ request: Request, _ context: some RequestContext, status: HTTPResponse.Status = .ok,
    _ body: (RequestParameters) async throws -> JSONWriter
  ) async throws -> Response {
    do {
      let json = try await body(RequestParameters(request, context))
      if outage.ended() { context.logger.notice("messages can be read again") }
      return MessageAnswers.response(json, status)
    } catch let problem as Problem {
      return problem.response()
    } catch let error as AuditError {
      return Problem(status: .serviceUnavailable, detail: "\(error)", retryAfter: 5).response()
    } catch let error as BusError {
      return Problem(
        status: .serviceUnavailable, detail: "\(error)", retryAfter: error.fault.retryAfter
      ).response()
    } catch let error as PostgresError {
      if outage.isToBeTold() {
        context.logger.error("messages cannot be read", metadata: ["error": "\(error)"])
      }
      return Problem(
        status: .serviceUnavailable, detail: "the database does not answer",
        retryAfter: .random(in: 10...20)
      ).response()
    }
  }

  private static func identifier(
    _ name: String, _ parameters: RequestParameters
  ) throws(Problem) -> String {
    try parameters.text(inPath: name, maximumLength: Envelope.identifierLength)
  }

  private static func body(_ request: Request) async throws -> AskedMessage {
    let buffer = try await request.jsonBody(upTo: bodyLimit)
    do {
      return try JSONDecoder().decode(AskedMessage.self, from: Data(buffer.readableBytesView))
    } catch {
      // What the decoder says may quote the body.
      throw Problem.badRequest("the body is no JSON object of the described members")
    }
  }
}

/// Says once a minute that the database is away, however many wait for messages.
private final class DatabaseOutage: Sendable {
  private let lastTold = NIOLockedValueBox<ContinuousClock.Instant?>(nil)

  func isToBeTold() -> Bool {
    lastTold.withLockedValue { last in
      let now = ContinuousClock.now
      if let last, now - last < .seconds(60) { return false }
      last = now
      return true
    }
  }

  /// - Returns: whether it was told that the database is away.
  func ended() -> Bool {
    lastTold.withLockedValue { last in
      defer { last = nil }
      return last != nil
    }
  }
}
