public import Access
import EventBus
public import HTTPServer
import HTTPTypes
import JSONText
import NIOCore
public import NIOHTTP1

extension BroadcastHub {
  /// The route that opens subscriptions.
  public func route(
    path: String = "/ws/dashboard", access: AccessCheck = .open
  ) -> WebSocketRoute {
    WebSocketRoute(path: path) { head in
      do throws(Problem) {
        let caller = try await access.caller(ofHandshake: head, needs: .reading)
        return self.decide(head, from: caller, access: access)
      } catch {
        return .refuse(error)
      }
    }
  }

  /// Decides on a handshake: `?course_id=` filters, `?after=` replays first.
  ///
  /// 400 for a malformed parameter, 403 for a course that is not open to the caller, 503 while the
  /// bus is away or there are too many subscribers, or for a replay while too many are under way.
  /// - Parameter access: what the caller was let in by, and is asked whether the caller may stay.
  public func decide(
    _ head: HTTPRequestHead, from caller: Caller = .anyone, access: AccessCheck = .open
  ) -> WebSocketUpgradeDecision {
    let request: SubscriptionRequest
    do {
      request = try SubscriptionRequest(target: head.uri, partitions: partitionCount)
    } catch {
      return .refuse(
        Problem(
          status: .badRequest, detail: "\(error.parameter) \(error.reason)",
          parameter: error.parameter))
    }
    if let course = request.course, !caller.courses.contains(course) {
      access.countOtherCourse()
      return .refuse(.otherCourse())
    }
    guard isOpen else {
      return .refuse(
        Problem(
          status: .serviceUnavailable, detail: "The event bus is away; try again.",
          retryAfter: configuration.retryAfterSeconds))
    }
    guard takesSubscribers else {
      metrics.subscriberRefused()
      return .refuse(
        Problem(
          status: .serviceUnavailable, detail: "The server has too many subscribers; try again.",
          retryAfter: configuration.retryAfterSeconds))
    }
    if request.after != nil, !takesReplays {
      metrics.replayRefused()
      return .refuse(
        Problem(
          status: .serviceUnavailable, detail: "Too many replays are under way; try again.",
          retryAfter: configuration.retryAfterSeconds))
    }
    let filter: CourseFilter =
      switch (request.course, caller.courses) {
      case (let course?, _): .courses([ExactText(course)])
      case (nil, .only(let courses)): .courses(courses)
      case (nil, .all): .all
      }
    return .accept { connection in
      Subscriber(
        filter: filter, after: request.after,
        stay: SubscriberStay(caller: caller, access: access), connection: connection,
        group: self.group(on: connection.eventLoop), hub: self)
    }
  }
}

/// What a client asks for in the query of its handshake.
struct SubscriptionRequest: Equatable {
  private static let maximumCourseLength = 128

  var course: String?
  var after: JournalCursor?

  /// Takes `course_id` and `after` once each; an empty value counts as none.
  ///
  /// - Parameter partitions: of the journal.
  init(target: String, partitions: Int) throws(QueryParameters.Fault) {
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
      guard let position = JournalCursor(text, partitions: partitions) else {
        throw QueryParameters.Fault(
          parameter: "after",
          reason: partitions == 1
            ? "must be a stream_id, such as 1700000000000-0"
            : "must be a cursor as control frames tell it: the journal has \(partitions) partitions, "
              + "and a stream_id is a place in one of them"
        )
      }
      after = position
    }
  }
}
