import HTTPTypes
import Hummingbird
import JSONText
import NIOCore

/// How messages and hands look over HTTP.
enum MessageAnswers {
  /// - Parameter position: where to go on after an empty answer.
  static func waited(_ messages: [Message], after position: Int64) -> JSONWriter {
    var json = JSONWriter()
    json.object { json in
      json.array("messages", messages) { json, message in
        json.object { json in
          json.member("message_id", message.id)
          json.member("sent_at", message.sentAt)
          json.member("to", recipient(message.recipient))
          json.member("teacher", message.teacher)
          json.member("text", message.text)
          json.member("answers_hand", message.answersHand)
        }
      }
      json.member("after", String(messages.last?.position ?? position))
    }
    return json
  }

  private static func recipient(_ recipient: Message.Recipient) -> String {
    switch recipient {
    case .learner: "learner"
    case .team: "team"
    case .everybody: "class"
    }
  }

  static func list(
    _ messages: [MessageStore.SentMessage], hands: [MessageStore.Hand], of course: String
  ) -> JSONWriter {
    var json = JSONWriter()
    json.object { json in
      json.member("course_id", course)
      json.array("hands", hands) { json, hand in
        json.object { json in
          json.member("student_id", hand.learner)
          json.member("asked_at", hand.askedAt)
          json.member("teacher", hand.teacher)
          json.member("taken_at", hand.takenAt)
        }
      }
      json.array("messages", messages) { json, message in
        json.object { json in
          json.member("message_id", message.id)
          json.member("sent_at", message.sentAt)
          json.member("to", message.recipient)
          json.member("student_id", message.learner)
          json.member("team", message.team)
          json.member("teacher", message.teacher)
          json.member("text", message.text)
          json.member("answers_hand", message.answersHand)
          json.member("shown", message.shown)
          json.member("shown_at", message.shownAt)
        }
      }
    }
    return json
  }

  static func published(_ id: String) -> JSONWriter {
    var json = JSONWriter(capacity: 64)
    json.object { $0.member("event_id", id) }
    return json
  }

  /// An answer that no cache may keep.
  static func response(_ json: JSONWriter, _ status: HTTPResponse.Status) -> Response {
    Response(
      status: status,
      headers: [
        .contentType: "application/json", .cacheControl: "no-store",
        .xContentTypeOptions: "nosniff",
      ], body: .init(byteBuffer: ByteBuffer(bytes: json.bytes)))
  }
}
