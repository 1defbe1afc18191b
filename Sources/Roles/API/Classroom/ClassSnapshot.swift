import Events
import JSONText
import Synchronization

/// A class in one notebook, at one moment. Everything about learners is answered from it.
struct ClassSnapshot: Sendable {
  let course: String
  /// Nil in a course without notebooks.
  let notebook: String?
  /// Every event up to this place of the journal is in; nil when it could not be read.
  let position: String?
  let takenAt: Timestamp
  /// Whether it is of an earlier moment, told from the events.
  var isPlayedBack = false
  let notebooks: [Notebook]
  /// By identifier, byte by byte.
  let learners: [Learner]
  /// In the notebook's order.
  let cells: [NotebookCell]
  let pace: ClassPace
  let counts: [LearnerState: Int]
  /// What many learners fail at.
  let alerts: [ClassAlert]
  let rules: LearnerStateRules
  let alertRules: ClassAlertRules
  let answers = SnapshotAnswers()
}

/// What a snapshot is of.
struct ClassroomKey: Hashable, Sendable {
  let course: ExactText
  /// Nil for the notebook that most of the class works on.
  let notebook: ExactText?

  init(course: String, notebook: String?) {
    self.course = ExactText(course)
    self.notebook = notebook.map(ExactText.init)
  }
}

/// The answers that were given from one snapshot: many pages ask for the same one at once, and writing
/// 1,000 learners takes longer than everything else.
///
/// Any thread may ask; two that come at once both write their answer, and one of them is kept.
final class SnapshotAnswers: Sendable {
  struct Key: Hashable {
    enum Kind { case progress, students, help }

    let kind: Kind
    let limit: Int
    let cursor: [ExactText]
    var states: Set<LearnerState> = []
  }

  /// Bytes of the answers of one snapshot.
  private static let maximumSize = 2 << 20

  private struct Kept {
    var answers: [Key: JSONWriter] = [:]
    var size = 0
  }

  private let kept = Mutex(Kept())
  private let withoutNames = Mutex<ClassSnapshot?>(nil)

  /// The snapshot for viewers who hide names. Two that come at once both make it, and one is kept.
  func hidden(_ make: () -> ClassSnapshot) -> ClassSnapshot {
    if let known = withoutNames.withLock({ $0 }) { return known }
    let made = make()
    withoutNames.withLock { if $0 == nil { $0 = made } }
    return made
  }

  func answer(_ key: Key, write: () -> JSONWriter) -> JSONWriter {
    if let answer = kept.withLock({ $0.answers[key] }) { return answer }
    let answer = write()
    kept.withLock { kept in
      guard kept.answers[key] == nil, kept.size + answer.bytes.count <= Self.maximumSize else {
        return
      }
      kept.answers[key] = answer
      kept.size += answer.bytes.count
    }
    return answer
  }
}
