public import Access
import HTTPServer
import HTTPTypes
public import Hummingbird
public import Observability

/// Rosters over HTTP: a teacher's page reads, uploads and removes them.
public struct RosterRoutes: Sendable {
  private let store: RosterStore
  private let audit: AuditTrail

  /// - Parameters:
  ///   - store: stays open for as long as the process lives.
  ///   - audit: where uploads are noted; nil without a database for it.
  public init(store: RosterStore, audit: (any AuditLog)? = nil) {
    self.store = store
    self.audit = AuditTrail(log: audit)
  }

  /// The router lets no caller through to another course than theirs.
  public func add<Context: CallerContext>(to router: some RouterMethods<Context>) {
    router.get("/api/v1/courses/:course/roster") { request, context in
      try await APIAnswer.encoded(request, context) { parameters in
        let course = try parameters.identifier(inPath: "course")
        let roster = try await store.roster(of: course, hidesNames: try parameters.hidesNames())
        return RosterAnswer(course: course, roster: roster)
      }
    }
    router.put("/api/v1/courses/:course/roster") { request, context in
      try await APIAnswer.encoded(request, context) { try await upload($0, request, context) }
    }
    router.delete("/api/v1/courses/:course/roster") { request, context in
      try await APIAnswer.encoded(request, context) { try await delete($0, context) }
    }
  }

  private func upload(
    _ parameters: RequestParameters, _ request: Request, _ context: some CallerContext
  ) async throws -> RosterSize {
    let course = try parameters.identifier(inPath: "course")
    let type = request.headers[.contentType].flatMap(MediaType.init)
    guard let type, type.type == .text, type.subType == "csv" else {
      // The form of another page could send any other text.
      throw Problem(status: .unsupportedMediaType, detail: "Content-Type must be text/csv")
    }
    let body = try await request.wholeBody(upTo: RosterFile.longestFile)
    let learners: [RosterLearner]
    do { learners = try RosterFile.learners(body.readableBytesView) } catch {
      throw Problem(status: .unprocessableContent, detail: "\(error)")
    }
    // Names of courses may be learners', and what is in the audit log stays there.
    return try await audit.record("rosters.upload", context, count: \.learners) {
      RosterSize(course: course, learners: try await store.replace(learners, of: course))
    }
  }

  private func delete(
    _ parameters: RequestParameters, _ context: some CallerContext
  ) async throws -> RosterSize {
    let course = try parameters.identifier(inPath: "course")
    return try await audit.record("rosters.delete", context, count: \.learners) {
      let learners = try await store.delete(of: course)
      guard learners > 0 else { throw Problem.notFound("the course has no roster") }
      return RosterSize(course: course, learners: learners)
    }
  }
}

private struct RosterAnswer: Encodable {
  let course: String
  let roster: StoredRoster

  enum CodingKeys: String, CodingKey {
    case course = "course_id"
    case listedAt = "listed_at"
    case lessonBeganAt = "lesson_began_at"
    case learners
  }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(course, forKey: .course)
    try members.encode(roster.listedAt, forKey: .listedAt)
    try members.encode(roster.lessonBeganAt, forKey: .lessonBeganAt)
    try members.encode(roster.learners.map(Listed.init), forKey: .learners)
  }

  /// With null for what the list has not.
  private struct Listed: Encodable {
    let learner: RosterLearner

    init(_ learner: RosterLearner) { self.learner = learner }

    func encode(to encoder: any Encoder) throws {
      var members = encoder.container(keyedBy: RosterLearner.CodingKeys.self)
      try members.encode(learner.id, forKey: .id)
      try members.encode(learner.name, forKey: .name)
      try members.encode(learner.team, forKey: .team)
    }
  }
}

private struct RosterSize: Encodable {
  let course: String
  let learners: Int

  enum CodingKeys: String, CodingKey {
    case course = "course_id"
    case learners
  }
}
