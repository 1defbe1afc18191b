public import Access
import Foundation
import HTTPServer
import HTTPTypes
public import Hummingbird
public import Observability

/// How long a course is kept: teachers read it, operators set it.
public struct CourseRetentionRoutes: Sendable {
  private static let path: RouterPath = "/api/v1/courses/:course/retention"
  private static let bodyLimit = 1024

  private let store: CourseRetentionStore
  private let audit: AuditTrail

  /// - Parameters:
  ///   - store: stays open for as long as the process lives.
  ///   - audit: where changes are noted; nil without a database for it.
  public init(store: CourseRetentionStore, audit: (any AuditLog)? = nil) {
    self.store = store
    self.audit = AuditTrail(log: audit)
  }

  /// The router lets no caller through to another course than theirs.
  public func addReading<Context: CallerContext>(to router: some RouterMethods<Context>) {
    router.get(Self.path) { request, context in
      try await APIAnswer.encoded(request, context) { parameters in
        let course = try parameters.identifier(inPath: "course")
        return RetentionAnswer(course: course, found: try await store.retention(of: course))
      }
    }
  }

  public func addSetting<Context: CallerContext>(to router: some RouterMethods<Context>) {
    router.put(Self.path) { request, context in
      try await APIAnswer.encoded(request, context) { parameters in
        let course = try parameters.identifier(inPath: "course")
        let days = try Self.days(of: try await request.jsonBody(upTo: Self.bodyLimit))
        return try await audit.record("retention.set", context, count: { _ in days }) {
          try await store.set(days, for: course)
          return RetentionAnswer(course: course, found: try await store.retention(of: course))
        }
      }
    }
    router.delete(Self.path) { request, context in
      try await APIAnswer.encoded(request, context) { parameters in
        let course = try parameters.identifier(inPath: "course")
        return try await audit.record("retention.remove", context, count: { _ in nil }) {
          guard try await store.remove(from: course) else {
            throw Problem.notFound("the course has no retention of its own")
          }
          return RetentionAnswer(course: course, found: nil)
        }
      }
    }
  }

  private static func days(of body: ByteBuffer) throws(Problem) -> Int {
    struct Wanted: Decodable { let days: Int }
    let wanted = try? JSONDecoder().decode(Wanted.self, from: Data(body.readableBytesView))
    guard let wanted, CourseRetention.range.contains(wanted.days) else {
      throw Problem(
        status: .unprocessableContent,
        detail: "days must be a whole number from \(CourseRetention.range.lowerBound) to "
          + "\(CourseRetention.range.upperBound)")
    }
    return wanted.days
  }
}

private struct RetentionAnswer: Encodable {
  let course: String
  /// Nil where all is kept.
  let found: CourseRetention?

  enum CodingKeys: String, CodingKey {
    case course = "course_id"
    case days
    case setAt = "set_at"
  }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(course, forKey: .course)
    try members.encode(found?.days, forKey: .days)
    try members.encode(found?.setAt, forKey: .setAt)
  }
}
