import Events

/// A learner of a course, as of a snapshot.
struct Learner: Sendable {
  let id: String
  let name: String?
  let team: String?
  let firstSeenAt: Timestamp
  let lastSeenAt: Timestamp
  let lastExecutedAt: Timestamp?
  let lastSuccessAt: Timestamp?
  let executions: Int
  let errors: Int
  let currentNotebook: String?
  let currentCell: String?
  let currentCellIndex: Int?
  let consecutiveErrors: Int
  let lastErrorName: String?
  let helpSince: Timestamp?
  let helpStoppedAt: Timestamp?

  // In the snapshot's notebook.
  var letters: [CellLetter] = []
  var solvedCells = 0
  var remainingCells = 0
  var notebookClosed = false
  var state = LearnerState.onTrack
  var reason = StateReason(.onTrack)

  var situation: LearnerSituation {
    var situation = LearnerSituation(firstSeenAt: firstSeenAt, lastSeenAt: lastSeenAt)
    situation.lastSuccessAt = lastSuccessAt
    situation.helpSince = helpSince
    situation.consecutiveErrors = consecutiveErrors
    situation.solvedCells = solvedCells
    situation.remainingCells = remainingCells
    situation.notebookClosed = notebookClosed
    return situation
  }
}
