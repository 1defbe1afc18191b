import Events
import PostgresDriver

/// A row of `cell_progress`, in the columns that `WorkStatements` select.
struct WorkRow {
  let cell: String
  let learner: String
  let letter: CellLetter
  let consecutiveErrors: Int32
  let index: Int32?
  let milliseconds: Double?
  let errorName: String?
  let firstRunAt: Timestamp

  static let columns = """
    p.cell, p.student_id,
    case when p.first_success_at is null then 'e' when p.consecutive_errors > 0 then 'x' else 's' end,
    p.consecutive_errors, p.cell_index, p.last_duration_ms, p.last_error_name,
    \(RowReader.microseconds("p.first_executed_at"))
    """
  static let columnCount = 8

  /// - Parameter offset: the place of the first column.
  init(_ reader: RowReader, offset: Int = 0) throws(PostgresError) {
    cell = try reader.text(offset)
    learner = try reader.text(offset + 1)
    letter = try reader.letter(offset + 2)
    consecutiveErrors = Int32(clamping: try reader.optionalInteger(offset + 3) ?? 0)
    index = try reader.optionalInteger(offset + 4).map { Int32(clamping: $0) }
    milliseconds = try reader.optionalDouble(offset + 5)
    errorName = reader.optionalText(offset + 6)
    firstRunAt = try reader.moment(offset + 7)
  }
}
