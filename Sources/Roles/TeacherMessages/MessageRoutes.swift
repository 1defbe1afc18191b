public import Access
public import EventBus
import Events
import Foundation
import HTTPServer
import HTTPTypes
public import Hummingbird
import JSONText
import Logging
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
  private let audit: (any AuditLog)?

  /// - Parameters:
  ///   - store: stays open for as long as the process lives.
  ///   - decoder: of the whole catalog.
  ///   - audit: where is noted what teachers send; nil where there is no database for it.
  public init(
    board: MessageBoard, store: MessageStore, publisher: any EventPublisher,
    decoder: any HandPublishedDecoder, audit: (any AuditLog)? = nil
  ) {
    self.board = board
    self.store = store
    self.publisher = MessagePublisher(publisher: publisher, decoder: decoder)
    self.audit = audit
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
    let id = try await record("messages.send", target: recipient, context) {
      try await publisher.publish("message_sent", course: course, id: try asked.checkedID()) {
        json in
        json.member("recipient", recipient)
        if recipient == "learner" { json.member("student_id", asked.studentID) }
        if recipient == "team" { json.member("team", asked.team) }
        json.member("teacher", teacher)
        json.member("answers_hand", asked.answersHand ?? false)
        json.member("text", asked.text ?? "")
      }
    }
    return MessageAnswers.published(id)
  }

  private func takeHand(
    _ asked: AskedMessage, _ parameters: RequestParameters, _ context: some CallerContext
  ) async throws -> JSONWriter {
    let course = try Self.identifier("course", parameters)
    let learner = try Self.identifier("student", parameters)
    let teacher = try asked.name(of: context.caller)
    guard let hand = try await store.hands(of: course, learner: learner).first else {
      throw Problem(status: .conflict, detail: "the learner does not ask for help")
    }
    // Who it was is personal, and so are their names.
    guard hand.teacher == nil else {
      throw Problem(status: .conflict, detail: "another teacher has taken the hand")
    }
    let id = try await record("hands.take", target: nil, context) {
      try await publisher.publish("hand_taken", course: course) { json in
        json.member("student_id", learner)
        json.member("teacher", teacher)
        json.member("asked_at", hand.askedAt)
      }
    }
    return MessageAnswers.published(id)
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
    return MessageAnswers.waited(messages, after: Int64(position))
  }

  private func record(
    _ action: String, target: String?, _ context: some RequestContext,
    _ body: () async throws -> String
  ) async throws -> String {
    guard let audit else { return try await body() }
    return try await audit.record(
      AuditedAct(action, target: target), count: { _ in 1 },
      onLostEnd: { error in
        context.logger.error(
          "an act is done, and its end is missing from the audit log",
          metadata: ["action": "\(action)", "error": "\(error.reason)"])
      }, body)
  }

  private func answer(
    _ request: Request, _ context: some RequestContext, status: HTTPResponse.Status = .ok,
    _ body: (RequestParameters) async throws -> JSONWriter
  ) async throws -> Response {
    do {
      return MessageAnswers.response(try await body(RequestParameters(request, context)), status)
    } catch let problem as Problem {
      return problem.response()
    } catch let error as AuditError {
      return Problem(status: .serviceUnavailable, detail: "\(error)", retryAfter: 5).response()
    } catch let error as BusError {
      return Problem(
        status: .serviceUnavailable, detail: "\(error)", retryAfter: error.fault.retryAfter
      ).response()
    } catch let error as PostgresError {
      context.logger.error("messages cannot be read", metadata: ["error": "\(error)"])
      return Problem(
        status: .serviceUnavailable, detail: "the database does not answer", retryAfter: 1
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
