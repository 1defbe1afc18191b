import JSONText

/// A message of a teacher, as learners get it.
struct Message: Sendable, Equatable {
  enum Recipient: Sendable, Equatable {
    case learner(String)
    case team(String)
    case everybody
  }

  /// Its `event_id`.
  let id: String
  /// Grows in the order in which messages were stored.
  let position: Int64
  /// RFC 3339, in UTC.
  let sentAt: String
  let recipient: Recipient
  let teacher: String
  let text: String
  let answersHand: Bool
}

/// What teachers told the learners of a course lately, and who gets what of it.
struct CourseMessages: Sendable {
  /// The longest answer to one learner; who has missed more gets the newest.
  static let most = 100

  /// By position.
  let messages: [Message]
  /// The newest position in the course, of messages that are given out no more, too.
  let newest: Int64
  private let members: [ExactText: Set<ExactText>]

  /// - Parameter members: the learners of teams, as they are now.
  init(
    messages: [Message] = [], members: [(team: String, learner: String)] = [], newest: Int64 = 0
  ) {
    self.messages = messages
    self.newest = max(newest, messages.last?.position ?? 0)
    self.members = Dictionary(grouping: members) { ExactText($0.team) }
      .mapValues { Set($0.map { ExactText($0.learner) }) }
  }

  /// The learner's messages behind a position, oldest first. Names are compared byte by byte, as everywhere.
  func messages(for learner: String, after position: Int64) -> [Message] {
    let theirs = messages.filter { message in
      guard message.position > position else { return false }
      return switch message.recipient {
      case .learner(let name): ExactText(name) == ExactText(learner)
      case .team(let team): members[ExactText(team)]?.contains(ExactText(learner)) ?? false
      case .everybody: true
      }
    }
    return theirs.suffix(Self.most)
  }

  /// Where to go on from a position. What lies behind the newest was told by a database that is no more: after a
  /// restore from a backup positions are used again.
  func known(_ position: Int64) -> Int64 { position > newest ? 0 : position }

  func contains(_ id: String) -> Bool { messages.contains { $0.id == id } }
}
