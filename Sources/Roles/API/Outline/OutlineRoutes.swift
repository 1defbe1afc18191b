public import Access
import Events
import HTTPServer
import HTTPTypes
public import Hummingbird
public import Observability

/// Outlines over HTTP: a teacher's page reads, uploads and removes them.
public struct OutlineRoutes: Sendable {
  private let store: OutlineStore
  private let audit: AuditTrail

  /// - Parameters:
  ///   - store: stays open for as long as the process lives.
  ///   - audit: where uploads are noted; nil without a database for it.
  public init(store: OutlineStore, audit: (any AuditLog)? = nil) {
    self.store = store
    self.audit = AuditTrail(log: audit)
  }

  /// The router lets no caller through to another course than theirs.
  public func add<Context: CallerContext>(to router: some RouterMethods<Context>) {
    router.get("/api/v1/courses/:course/outline") { request, context in
      try await APIAnswer.encoded(request, context) { try await read($0) }
    }
    router.put("/api/v1/courses/:course/outline") { request, context in
      try await APIAnswer.encoded(request, context) { try await upload($0, request, context) }
    }
    router.delete("/api/v1/courses/:course/outline") { request, context in
      try await APIAnswer.encoded(request, context) { try await delete($0, context) }
    }
  }

  private func read(_ parameters: RequestParameters) async throws -> OutlineAnswer {
    let course = try parameters.identifier(inPath: "course")
    let version = try parameters.integer("version", in: 0...999_999_999, default: 0)
    let found = try await store.outline(
      of: course, for: try Self.notebook(parameters), version: version == 0 ? nil : version)
    return OutlineAnswer(course: course, found: found)
  }

  private func upload(
    _ parameters: RequestParameters, _ request: Request, _ context: some CallerContext
  ) async throws -> UploadedOutline {
    let course = try parameters.identifier(inPath: "course")
    let notebook = try Self.notebook(parameters)
    let body = try await request.jsonBody(upTo: NotebookOutline.longestNotebook)
    let outline: NotebookOutline
    do { outline = try NotebookOutline(notebook: body.readableBytesView) } catch {
      throw Problem(status: .unprocessableContent, detail: "\(error)")
    }
    // Names of courses and notebooks may be learners', and what is in the audit log stays there.
    return try await audit.record("outlines.upload", context, count: \.cells) {
      guard let version = try await store.upload(outline, of: course, notebook: notebook) else {
        throw Problem(status: .conflict, detail: "the course has as many outlines as it may have")
      }
      return UploadedOutline(
        course: course, notebook: notebook, version: version, cells: outline.cellCount)
    }
  }

  private func delete(
    _ parameters: RequestParameters, _ context: some CallerContext
  ) async throws -> DeletedOutline {
    let course = try parameters.identifier(inPath: "course")
    let notebook = try Self.notebook(parameters)
    return try await audit.record("outlines.delete", context, count: \.versions) {
      let versions = try await store.delete(of: course, notebook: notebook)
      guard versions > 0 else { throw Problem.notFound("the course has no such outline") }
      return DeletedOutline(course: course, notebook: notebook, versions: versions)
    }
  }

  private static func notebook(_ parameters: RequestParameters) throws(Problem) -> String {
    guard let notebook = try parameters.text("notebook", maximumLength: 1024) else {
      throw .badRequest("notebook must be the path of a notebook")
    }
    // As in events: it is a key in PostgreSQL.
    guard notebook.utf8.count <= 1024 else {
      throw .badRequest("notebook must have at most 1024 bytes in UTF-8")
    }
    return notebook
  }
}

private struct OutlineAnswer: Encodable {
  let course: String
  /// Nil where there is none.
  let found: StoredOutline?

  enum CodingKeys: String, CodingKey {
    case course = "course_id"
    case notebook = "notebook_path"
    case version
    case uploadedAt = "uploaded_at"
    case entries
  }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(course, forKey: .course)
    try members.encode(found?.notebook, forKey: .notebook)
    try members.encode(found?.version, forKey: .version)
    try members.encode(found?.uploadedAt, forKey: .uploadedAt)
    try members.encode(found?.outline.entries ?? [], forKey: .entries)
  }
}

private struct UploadedOutline: Encodable {
  let course: String
  let notebook: String
  let version: Int
  let cells: Int

  enum CodingKeys: String, CodingKey {
    case course = "course_id"
    case notebook = "notebook_path"
    case version, cells
  }
}

private struct DeletedOutline: Encodable {
  let course: String
  let notebook: String
  let versions: Int

  enum CodingKeys: String, CodingKey {
    case course = "course_id"
    case notebook = "notebook_path"
    case versions
  }
}
