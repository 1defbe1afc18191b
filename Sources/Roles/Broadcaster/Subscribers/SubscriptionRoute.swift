import EventBus
public import HTTPServer
import HTTPTypes
import JSONText
import NIOCore
public import NIOHTTP1

extension BroadcastHub {
  /// The route that opens subscriptions to anyone.
  public func route(path: String = "/ws/dashboard") -> WebSocketRoute {
    WebSocketRoute(path: path) { head in self.decide(head) }
  }

  /// Decides on a handshake: `?course_id=` filters, `?after=` replays first.
  ///
  /// 400 for a malformed parameter, 403 for a course that is not open to the client, 503 while the
  /// bus is away, or for a replay while too many are under way.
  /// - Parameter courses: the courses that the client may see; nil for all.
  public func decide(
    _ head: HTTPRequestHead, courses: Set<String>? = nil
  ) -> WebSocketUpgradeDecision {
    let request: SubscriptionRequest
    do {
      request = try SubscriptionRequest(target: head.uri)
    } catch {
      return .refuse(
        Problem(
          status: .badRequest, detail: "\(error.parameter) \(error.reason)",
          parameter: error.parameter))
    }
    if let course = request.course, let courses, !courses.contains(course) {
      return .refuse(
        Problem(
          status: .forbidden, detail: "course_id names a course that is not yours",
          parameter: "course_id"))
    }
    guard isOpen else {
      return .refuse(
        Problem(
          status: .serviceUnavailable, detail: "The event bus is away; try again.",
          retryAfter: configuration.retryAfterSeconds))
    }
    if request.after != nil, !takesReplays {
      metrics.replayRefused()
      return .refuse(
        Problem(
          status: .serviceUnavailable, detail: "Too many replays are under way; try again.",
          retryAfter: configuration.retryAfterSeconds))
    }
    let wanted = request.course.map { [$0] } ?? courses
    let filter = wanted.map { CourseFilter.courses($0) } ?? .all
    return .accept { connection in
      Subscriber(
        filter: filter, after: request.after, connection: connection,
        group: self.group(on: connection.eventLoop), hub: self)
    }
  }
}

/// What a client asks for in the query of its handshake.
struct SubscriptionRequest: Equatable {
  private static let maximumCourseLength = 128

  var course: String?
  var after: StreamID?

  /// Takes `course_id` and `after` once each; an empty value counts as none.
  init(target: String) throws(QueryParameters.Fault) {
    guard let mark = target.firstIndex(of: "?") else { return }
    let query = try QueryParameters(
      target[target.index(after: mark)...], names: ["course_id", "after"])
    // As courses in events are.
    course = query["course_id"]?.composed
    if let course, course.unicodeScalars.count > Self.maximumCourseLength {
      throw QueryParameters.Fault(
        parameter: "course_id", reason: "has more than \(Self.maximumCourseLength) characters")
    }
    if let text = query["after"] {
      guard let position = StreamID(text) else {
        throw QueryParameters.Fault(
          parameter: "after", reason: "must be a stream_id, such as 1700000000000-0")
      }
      after = position
    }
  }
}
