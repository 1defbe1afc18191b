import DeadLetters
import Events
import JSONText

/// Answers about dead letters, as the OpenAPI file describes them.
enum DeadLetterAnswers {
  /// One answer names no more of the messages that are still invalid.
  private static let namedInvalid = 100

  /// - Parameter sinks: the names that a filter may name.
  static func list(
    _ entries: [DeadLetterEntry], sinks: [String], next: DeadLetterPosition?
  ) -> JSONWriter {
    var json = JSONWriter(capacity: 1024 + entries.count * 256)
    json.object { json in
      json.member("generated_at", Timestamp.now())
      json.array("dead_letters", entries) { json, entry in
        json.object { json in head(&json, entry) }
      }
      json.array("sinks", sinks) { json, sink in json.string(sink) }
      json.member("next_cursor", next?.cursor)
    }
    return json
  }

  static func content(_ content: DeadLetterContent) -> JSONWriter {
    var json = JSONWriter(capacity: 1024 + (content.payload?.utf8.count ?? 0))
    json.object { json in
      head(&json, content.entry)
      json.member("full_reason", content.fullReason)
      json.member("source_key", content.sourceKey)
      json.member("payload", content.payload)
    }
    return json
  }

  static func count(_ count: DeadLetterBulkOperation.Count) -> JSONWriter {
    var json = JSONWriter()
    json.object { json in
      json.member("count", count.count)
      json.member("through", count.through.cursor)
      json.member("next_cursor", count.next?.cursor)
    }
    return json
  }

  static func replayed(
    _ outcome: DeadLetterService.ReplayOutcome, next: DeadLetterPosition? = nil
  ) -> JSONWriter {
    var json = JSONWriter()
    json.object { json in
      json.member("replayed", outcome.replayed)
      json.member("still_invalid", outcome.stillInvalid.count)
      json.array("invalid", outcome.stillInvalid.prefix(namedInvalid)) { json, deadLetter in
        json.object { json in
          json.member("id", deadLetter.id.description)
          json.member("reason", deadLetter.reason)
        }
      }
      json.member("next_cursor", next?.cursor)
    }
    return json
  }

  static func purged(_ purged: Int, next: DeadLetterPosition? = nil) -> JSONWriter {
    var json = JSONWriter()
    json.object { json in
      json.member("purged", purged)
      json.member("next_cursor", next?.cursor)
    }
    return json
  }

  private static func head(_ json: inout JSONWriter, _ entry: DeadLetterEntry) {
    json.member("id", entry.id.description)
    json.member("dead_lettered_at", entry.deadLetteredAt)
    json.member("sink", entry.sink)
    json.member("event_type", entry.eventType.isEmpty ? nil : entry.eventType)
    json.member("event_id", entry.eventID?.description)
    json.member("source_table", entry.sourceTable)
    json.member("attempts", entry.attempts)
    json.member("reason", entry.reason)
  }
}
