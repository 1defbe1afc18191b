import HTTPServer
import JSONText

/// Answers about a class, as the OpenAPI file describes them.
enum ClassroomAnswers {
  private static let maximumNotebooks = 1000
  private static let maximumExercises = 1000

  static func progress(
    _ snapshot: ClassSnapshot, cells: PageOfItems<NotebookCell>
  ) -> JSONWriter {
    var json = JSONWriter(capacity: 16_384)
    json.object { json in
      head(&json, snapshot)
      json.member("notebook_path", snapshot.notebook)
      json.member("learners", snapshot.learners.count)
      json.object("states") { json in
        json.member("on_track", snapshot.counts[.onTrack] ?? 0)
        json.member("behind", snapshot.counts[.behind] ?? 0)
        json.member("stuck", snapshot.counts[.stuck] ?? 0)
        json.member("help", snapshot.counts[.help] ?? 0)
        json.member("idle", snapshot.counts[.idle] ?? 0)
        json.member("done", snapshot.counts[.done] ?? 0)
      }
      pace(&json, snapshot)
      json.array("notebooks", snapshot.notebooks.prefix(maximumNotebooks)) { json, notebook in
        json.object { json in
          json.member("notebook_path", notebook.path)
          json.member("current_learners", notebook.currentLearners)
          json.member("first_seen_at", notebook.firstSeenAt)
        }
      }
      json.array("alerts", snapshot.alerts) { json, item in alert(&json, item) }
      json.array("cells", cells.items) { json, item in cell(&json, item) }
      json.member("next_cursor", cells.nextCursor)
      rules(&json, snapshot)
    }
    return json
  }

  static func students(
    _ snapshot: ClassSnapshot, learners: PageOfItems<Learner>
  ) -> JSONWriter {
    let cells = snapshot.cells.prefix(ClassSnapshotBuilder.maximumCells)
    var json = JSONWriter(capacity: learners.items.count * (800 + cells.count) + 16_384)
    json.object { json in
      head(&json, snapshot)
      json.member("notebook_path", snapshot.notebook)
      pace(&json, snapshot)
      json.array("cells", cells) { json, cell in json.string(cell.id) }
      json.array("students", learners.items) { json, learner in
        student(&json, learner)
      }
      json.member("next_cursor", learners.nextCursor)
      rules(&json, snapshot)
    }
    return json
  }

  static func help(_ snapshot: ClassSnapshot, queue: PageOfItems<Learner>) -> JSONWriter {
    var json = JSONWriter()
    json.object { json in
      head(&json, snapshot)
      json.array("queue", queue.items) { json, learner in
        json.object { json in
          person(&json, learner)
          json.member("help_since", learner.helpSince)
          let waiting = learner.helpSince.map { snapshot.takenAt.seconds(since: $0) } ?? 0
          json.member("waiting_seconds", max(0, Int(waiting)))
          json.member("clock_skew_seconds", learner.clockSkewSeconds)
          place(&json, learner)
        }
      }
      json.member("next_cursor", queue.nextCursor)
    }
    return json
  }

  /// - Parameter wrongAnswers: by exercise, the most common first.
  static func exercises(
    _ exercises: [Exercise], of snapshot: ClassSnapshot, wrongAnswers: [WrongAnswer]
  ) -> JSONWriter {
    let answers = Dictionary(grouping: wrongAnswers) { ExactText($0.exercise) }
    var json = JSONWriter()
    json.object { json in
      head(&json, snapshot)
      json.member("notebook_path", snapshot.notebook)
      json.member("learners", snapshot.learners.count)
      json.array("exercises", exercises.prefix(maximumExercises)) { json, exercise in
        json.object { json in
          json.member("exercise_id", exercise.id)
          json.member("label", exercise.label)
          json.member("cell", exercise.cell)
          json.member("cell_index", exercise.cellIndex)
          json.member("points_possible", exercise.pointsPossible)
          json.member("tried", exercise.tried)
          json.member("solved", exercise.solved)
          json.member("failing_now", exercise.failing)
          json.member("median_attempts", exercise.medianAttempts)
          let wrong = answers[ExactText(exercise.id)] ?? []
          json.array("common_wrong_answers", wrong) { json, wrong in
            json.object { json in
              json.member("answer", wrong.answer)
              json.member("learners", wrong.learners)
            }
          }
        }
      }
    }
    return json
  }

  private static func head(_ json: inout JSONWriter, _ snapshot: ClassSnapshot) {
    json.member("course_id", snapshot.course)
    json.member("generated_at", snapshot.takenAt)
    json.member("stream_id", snapshot.position)
  }

  private static func pace(_ json: inout JSONWriter, _ snapshot: ClassSnapshot) {
    json.member("median_solved", snapshot.pace.medianSolved)
    json.member("required_cells", snapshot.pace.requiredCells)
  }

  private static func rules(_ json: inout JSONWriter, _ snapshot: ClassSnapshot) {
    let rules = snapshot.rules
    let alerts = snapshot.alertRules
    json.object("rules") { json in
      json.member("idle_seconds", rules.idleSeconds)
      json.member("stuck_errors", rules.stuckErrors)
      json.member("stuck_seconds", rules.stuckSeconds)
      json.member("stuck_fades_seconds", rules.stuckFadesSeconds)
      json.member("behind_ratio", rules.behindRatio)
      json.member("behind_minimum_median", rules.behindMinimumMedian)
      json.member("required_share", rules.requiredShare)
      json.member("alert_learners", alerts.learners)
      json.member("alert_share", alerts.share)
      json.member("alert_seconds", alerts.seconds)
    }
  }

  private static func alert(_ json: inout JSONWriter, _ alert: ClassAlert) {
    json.object { json in
      json.member("exercise_id", alert.exercise)
      json.member("cell", alert.cell)
      json.member("cell_index", alert.index)
      json.member("failing", alert.failing)
      json.member("at_work", alert.atWork)
      json.member("top_error_name", alert.commonError?.name)
      json.member("top_error_learners", alert.commonError?.learners ?? 0)
    }
  }

  private static func cell(_ json: inout JSONWriter, _ cell: NotebookCell) {
    json.object { json in
      json.member("cell", cell.id)
      json.member("cell_index", cell.index)
      json.member("required", cell.isRequired)
      json.member("reached", cell.reached)
      json.member("solved", cell.solved)
      json.member("errors_now", cell.failing)
      json.member("median_duration_ms", cell.statistics.medianMilliseconds)
      json.member("p90_duration_ms", cell.statistics.p90Milliseconds)
      json.member("top_error_name", cell.statistics.commonError)
      json.member("top_error_learners", cell.statistics.learnersWithCommonError)
    }
  }

  private static func student(_ json: inout JSONWriter, _ learner: Learner) {
    json.object { json in
      person(&json, learner)
      json.member("state", learner.state.rawValue)
      json.object("reason") { json in
        json.member("code", learner.reason.code.rawValue)
        json.member("since", learner.reason.since)
        json.member("count", learner.reason.count)
      }
      place(&json, learner)
      json.member("solved_cells", learner.solvedCells)
      json.member("remaining_cells", learner.remainingCells)
      json.member("cell_states", learner.cellStates)
      json.array("failing_streaks", learner.failingStreaks) { json, streak in json.number(streak) }
      if let running = learner.running {
        json.object("running") { json in
          json.member("notebook_path", running.notebook)
          json.member("cell", running.cell)
          json.member("cell_index", running.cellIndex)
          json.member("since", running.since)
          json.member("session_id", running.session)
        }
      } else {
        json.member("running", nil as String?)
      }
      json.array("exercises", learner.exercises) { json, work in exercise(&json, work) }
      json.member("executions", learner.executions)
      json.member("errors", learner.errors)
      json.member("notebook_closed", learner.notebookClosed)
      json.member("help_since", learner.helpSince)
      json.member("help_stopped_at", learner.helpStoppedAt)
      json.member("first_seen_at", learner.firstSeenAt)
      json.member("last_seen_at", learner.lastSeenAt)
      json.member("last_executed_at", learner.lastExecutedAt)
      json.member("last_success_at", learner.lastSuccessAt)
      json.member("clock_skew_seconds", learner.clockSkewSeconds)
    }
  }

  private static func exercise(_ json: inout JSONWriter, _ work: ExerciseWork) {
    json.object { json in
      json.member("exercise_id", work.exercise)
      json.member("cell", work.cell)
      json.member("attempts", work.attempts)
      json.member("failures_in_a_row", work.failuresInARow)
      json.member("failing_since", work.failingSince)
      json.member("first_passed_attempt", work.firstPassedAttempt)
      json.member("points", work.points)
      json.member("points_possible", work.pointsPossible)
      json.member("last_checked_at", work.lastCheckedAt)
    }
  }

  private static func person(_ json: inout JSONWriter, _ learner: Learner) {
    json.member("student_id", learner.id)
    json.member("student_name", learner.name)
    json.member("team", learner.team)
  }

  private static func place(_ json: inout JSONWriter, _ learner: Learner) {
    json.member("current_notebook_path", learner.currentNotebook)
    json.member("current_cell", learner.currentCell)
    json.member("current_cell_index", learner.currentCellIndex)
    json.member("consecutive_errors", learner.consecutiveErrors)
    json.member("last_error_name", learner.lastErrorName)
  }
}
