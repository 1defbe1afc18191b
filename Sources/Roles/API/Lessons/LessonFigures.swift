import Events
import PostgresDriver

/// What happened in a lesson up to a moment, in sums and by cell.
struct LessonFigures: Sendable {
  struct Cell: Sendable {
    let id: String
    let reached: Int
    let solved: Int
    let errors: Int
    /// From a learner's first event in the lesson to the first right answer.
    let medianSeconds: Double?
  }

  let from: Timestamp
  let until: Timestamp
  /// Learners of whom something was heard.
  private(set) var learners = 0
  /// Cells of learners that were solved.
  private(set) var solved = 0
  private(set) var executions = 0
  private(set) var errors = 0
  /// Learners who asked for help.
  private(set) var hands = 0
  private(set) var medianSeconds: Double?
  /// Of the notebook, by id.
  private(set) var cells: [Cell] = []

  /// `$1` is the course, `$2` and `$3` the first and the last moment of receipt, `$4` the notebook whose cells are told. The first
  /// row, without a cell, is all of the lesson.
  ///
  /// Where a learner's answers in a cell were checked, the checks tell which was right.
  private static let statement = """
    with event as materialized (
      select event.student_id, event.notebook_path, event.event_type,
        event.has_error is true as failed, cell_key(event.cell_id, event.cell_index) as cell,
        coalesce(event.corrected_at, event.occurred_at) as at
      from enrollments as enrolled
        join progress_events as event
          on event.student_id = enrolled.student_id and event.course_id = enrolled.course_id
      where enrolled.course_id = $1
        and event.received_at between $2::timestamptz and $3::timestamptz
    ),
    attempt as materialized (
      select student_id, notebook_path, cell, at, not failed as is_right, false as is_check
      from event where event_type = 'cell_executed' and cell is not null
      union all
      select checked.student_id, checked.notebook_path,
        cell_key(checked.cell_id, checked.cell_index),
        coalesce(checked.corrected_at, checked.occurred_at), checked.passed, true
      from enrollments as enrolled
        join exercise_checks as checked
          on checked.student_id = enrolled.student_id and checked.course_id = enrolled.course_id
      where enrolled.course_id = $1
        and checked.received_at between $2::timestamptz and $3::timestamptz
        and cell_key(checked.cell_id, checked.cell_index) is not null
    ),
    heard as (
      select student_id, min(at) as since
      from (select student_id, at from event union all select student_id, at from attempt) as heard
      group by student_id
    ),
    worked as (
      select student_id, notebook_path, cell,
        count(*) filter (where not is_right and not is_check) as errors,
        case when bool_or(is_check) then min(at) filter (where is_right and is_check)
          else min(at) filter (where is_right) end as right_at
      from attempt group by student_id, notebook_path, cell
    ),
    timed as (
      select worked.*, date_part('epoch', right_at - since) as seconds
      from worked join heard using (student_id)
    )
    select null as cell, (select count(*) from heard) as learners,
      (select count(right_at) from worked) as solved,
      count(*) filter (where event_type = 'cell_executed') as executions,
      count(*) filter (where event_type = 'cell_executed' and failed) as errors,
      count(distinct student_id) filter (where event_type = 'help') as hands,
      (
        select percentile_cont(0.5) within group (order by seconds)
        from (select min(seconds) as seconds from timed group by student_id) as learner
      ) as seconds
    from event
    union all
    select cell, count(*), count(right_at), null, sum(errors), null,
      percentile_cont(0.5) within group (order by seconds)
    from timed where notebook_path = $4
    group by cell
    order by 1 nulls first
    """

  /// - Parameter notebook: nil tells no cells.
  static func read(
    _ course: String, notebook: String?, from: Timestamp, until: Timestamp,
    on connection: isolated PostgresConnection
  ) throws(PostgresError) -> LessonFigures {
    var figures = LessonFigures(from: from, until: until)
    let parameters: [PostgresValue] = [
      .text(course), .text(from.postgresText), .text(until.postgresText), .text(notebook),
    ]
    for row in try connection.query(statement, parameters).rows {
      let reader = RowReader(row)
      guard let cell = reader.optionalText(0) else {
        figures.learners = try reader.integer(1)
        figures.solved = try reader.integer(2)
        figures.executions = try reader.integer(3)
        figures.errors = try reader.integer(4)
        figures.hands = try reader.integer(5)
        figures.medianSeconds = try reader.optionalDouble(6)
        continue
      }
      figures.cells.append(
        Cell(
          id: cell, reached: try reader.integer(1), solved: try reader.integer(2),
          errors: try reader.integer(4), medianSeconds: try reader.optionalDouble(6)))
    }
    return figures
  }

  private init(from: Timestamp, until: Timestamp) {
    self.from = from
    self.until = until
  }
}
