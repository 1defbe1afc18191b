import EventBus
import Events
import NIOCore

/// Events as the ingest leaves them in the journal: in every turn each learner of a class runs a cell, each
/// cell three times, from notebook to notebook; one run in ten fails.
struct ClassAtWork {
  let learners: Int
  let notebooks = 20
  let cellsOfANotebook: Int
  /// Each learner is in one of them.
  let courses: Int

  private static let runsOfACell = 3
  /// 2026-01-15T08:00:00Z.
  private static let start: Int64 = 1_768_464_000_000_000

  func entry(_ number: Int) -> JournalEntry {
    let (turn, learner) = number.quotientAndRemainder(dividingBy: learners)
    let (place, cell) = (turn / Self.runsOfACell).quotientAndRemainder(
      dividingBy: cellsOfANotebook)
    let failed = number % 10 == 7
    // A turn takes 20 s, and learners run their cells all through it.
    let microseconds =
      Self.start + Int64(turn) * 20_000_000 + Int64(learner) * 20_000_000 / Int64(learners)
    let time = Timestamp(microseconds: microseconds)
    let id = EventID(
      high: UInt64(microseconds / 1000) << 16 | 0x7000 | UInt64(number & 0xFFF),
      low: 0x8000_0000_0000_0000 | UInt64(number) &* 0x9E37_79B9_7F4A_7C15 >> 2)
    var json =
      """
      {"event_id":"\(id)","event_type":"cell_executed","occurred_at":"\(time)",\
      "received_at":"\(time)","course_id":"python-\(101 + learner % courses)","student_id":"s-\(padded(learner, 6))",\
      "team":"team-\(learner % 20)",\
      "session_id":"b7c1f0de-5a0c-4a5e-9d0c-\(padded(learner, 12))",\
      "notebook_path":"week\(place % notebooks)/exercise.ipynb","cell_id":"cell-\(padded(cell, 4))",\
      "cell_index":\(cell),"cell_type":"code","execution_count":\(turn),"has_error":\(failed)
      """
    if failed {
      json += #","error_name":"NameError","error_message":"name 'x' is not defined""#
    }
    json += ",\"duration_ms\":\(Double(number % 5000) / 10)}"
    return JournalEntry(
      id: StreamID(milliseconds: UInt64(microseconds / 1000), sequence: UInt64(number)),
      eventType: "cell_executed", payload: ByteBuffer(string: json))
  }

  private func padded(_ number: Int, _ width: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
