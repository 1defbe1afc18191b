import EventBus
import Foundation
import HTTPServer
import NIOCore
import NIOHTTP1

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
