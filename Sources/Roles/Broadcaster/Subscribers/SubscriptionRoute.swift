import EventBus
import Foundation
public import HTTPServer
import HTTPTypes
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
  /// bus is away.
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
          status: .badRequest, detail: "\(error.parameter) \(error.detail)",
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
  struct Malformed: Error, Equatable {
    let parameter: String
    let detail: String
  }

  private static let maximumCourseLength = 128

  var course: String?
  var after: StreamID?

  /// Takes `course_id` and `after` once each; an empty value counts as none.
  init(target: String) throws(Malformed) {
    guard let mark = target.firstIndex(of: "?") else { return }
    var seen: Set<String> = []
    for pair in target[target.index(after: mark)...].split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard name == "course_id" || name == "after" else { continue }
      guard seen.insert(name).inserted else {
        throw Malformed(parameter: name, detail: "is given more than once")
      }
      let encoded = parts.count == 2 ? parts[1].replacing("+", with: "%20") : ""
      guard let value = encoded.removingPercentEncoding else {
        throw Malformed(parameter: name, detail: "is not percent-encoded UTF-8")
      }
      if value.isEmpty { continue }
      if name == "course_id" {
        guard value.unicodeScalars.count <= Self.maximumCourseLength else {
          throw Malformed(
            parameter: name, detail: "has more than \(Self.maximumCourseLength) characters")
        }
        course = value
      } else {
        guard let position = StreamID(value) else {
          throw Malformed(
            parameter: name, detail: "must be a stream_id, such as 1700000000000-0")
        }
        after = position
      }
    }
  }
}
