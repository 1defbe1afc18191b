public import EventBus
import Foundation
import NIOCore

/// Valid notebook events with ids of their own, as they stand in the journal.
public struct SampleEvents: Sendable {
  public let ids: [String]
  public let entries: [JournalEntry]

  /// Events of one learner in one notebook, a second apart; every other one carries the optional
  /// fields, with characters that need escaping.
  public static func make(_ count: Int) -> SampleEvents {
    let learner = UUID().uuidString.lowercased()
    let ids = (0..<count).map { _ in UUID().uuidString.lowercased() }
    let entries = ids.enumerated().map { index, id in
      entry(payload: payload(id: id, learner: learner, index: index))
    }
    return SampleEvents(ids: ids, entries: entries)
  }

  /// A journal entry at a place of its own.
  public static func entry(payload: String, eventType: String = "cell_executed") -> JournalEntry {
    JournalEntry(
      id: StreamID(
        milliseconds: UInt64(Date().timeIntervalSince1970 * 1_000),
        sequence: UInt64.random(in: 0 ... .max)),
      eventType: eventType, payload: ByteBuffer(string: payload))
  }

  private static func payload(id: String, learner: String, index: Int) -> String {
    let time = "2026-03-04T05:\(twoDigits(index / 60 % 60)):\(twoDigits(index % 60)).123456Z"
    var payload = #"{"event_type":"cell_executed","event_id":"\#(id)","occurred_at":"\#(time)""#
    payload += #","received_at":"\#(time)","course_id":"course 1","student_id":"\#(learner)""#
    payload += #","notebook_path":"week 1/intro, part=1.ipynb""#
    if index.isMultiple(of: 2) {
      payload += #","student_name":"Ada \"L\" Łovelace","team":"red, blue=1","cell_id":"c-1""#
      payload += #","cell_index":\#(index),"cell_type":"code","execution_count":\#(index + 1)"#
      payload += #","has_error":true,"error_name":"ValueError","error_message":"a\\b\n\"c\"""#
      payload += #","duration_ms":12.5,"attributes":{"kernel":"python3","cores":4,"gpu":false}"#
    }
    return payload + "}"
  }

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : String(number)
  }
}
