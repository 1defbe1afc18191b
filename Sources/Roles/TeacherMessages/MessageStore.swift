import Foundation
public import Logging
public import PostgresDriver

/// Messages, receipts and taken hands as PostgreSQL has them (`sql/0287_messages.sql`).
public struct MessageStore: Sendable {
  /// A message that is older is of another lesson: no learner is shown it any more.
  static let lifetime = "12 hours"
  /// Of a course, in that time, beside the newest `CourseMessages.most` of each recipient.
  private static let mostMessages = 5_000

  private let pool: PostgresPool

  /// Connects to nothing yet.
  public init(_ configuration: PostgresConfiguration, logger: Logger) {
    pool = PostgresPool(
      answering: "messages", configuration, size: 2, logger: logger)
  }

  func close() async { await pool.close() }

  private static func moment(_ column: String) -> String {
    "to_char(\(column) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
  }

  /// What learners of the course are shown.
  func messages(of course: String) async throws(PostgresError) -> CourseMessages {
    let rows = try await pool.query(
      """
      select event_id, position, \(Self.moment("occurred_at")) as sent_at, recipient, student_id, team,
        teacher, text, coalesce(answers_hand, false) as answers_hand
      from (
        select *, row_number() over (
            partition by recipient, student_id, team order by position desc) as place
        from messages
        where course_id = $1 and received_at > now() - interval '\(Self.lifetime)'
      ) as recent
      where place <= \(CourseMessages.most)
      order by position desc limit \(Self.mostMessages)
      """, [.text(course)]
    ).rows
    let newest = try await pool.query(
      "select coalesce(max(position), 0) as newest from messages where course_id = $1",
      [.text(course)]
    ).rows
    var messages: [Message] = []
    var teams: Set<String> = []
    for row in rows.reversed() {
      let recipient: Message.Recipient
      if let learner: String = try row.optional("student_id") {
        recipient = .learner(learner)
      } else if let team: String = try row.optional("team") {
        teams.insert(team)
        recipient = .team(team)
      } else {
        recipient = .everybody
      }
      messages.append(
        Message(
          id: try row.value("event_id"), position: try row.value("position"),
          sentAt: try row.value("sent_at"), recipient: recipient, teacher: try row.value("teacher"),
          text: try row.value("text"), answersHand: try row.value("answers_hand")))
    }
    return CourseMessages(
      messages: messages, members: try await members(of: teams, in: course),
      newest: try newest.first?.value("newest") ?? 0)
  }

  private func members(
    of teams: Set<String>, in course: String
  ) async throws(PostgresError) -> [(team: String, learner: String)] {
    if teams.isEmpty { return [] }
    var members: [(team: String, learner: String)] = []
    let rows = try await pool.query(
      "select team, student_id from enrollments where course_id = $1 and team = any ($2)",
      [.text(course), .textArray(teams.sorted())]
    ).rows
    for row in rows {
      members.append((team: try row.value("team"), learner: try row.value("student_id")))
    }
    return members
  }

  /// A message as its teachers see it.
  struct SentMessage: Sendable {
    let id: String
    let sentAt: String
    let recipient: String
    let learner: String?
    let team: String?
    let teacher: String
    let text: String
    let answersHand: Bool
    /// Learners who were shown it.
    let shown: Int
    /// When the first of them was.
    let shownAt: String?
  }

  /// The newest messages of a course, the newest first.
  func sentMessages(of course: String, limit: Int) async throws(PostgresError) -> [SentMessage] {
    var messages: [SentMessage] = []
    let rows = try await pool.query(
      """
      select event_id, \(Self.moment("occurred_at")) as sent_at, recipient, student_id, team, teacher,
        text, coalesce(answers_hand, false) as answers_hand, shown, \(Self.moment("shown_at")) as shown_at
      from (
        select * from messages where course_id = $1 order by position desc limit $2
      ) as message cross join lateral (
        select count(distinct student_id) as shown, min(occurred_at) as shown_at
        from message_receipts as receipt
        where message_id = message.event_id and receipt.course_id = message.course_id
          and (message.student_id is null or receipt.student_id = message.student_id)
          and (message.team is null or exists (
            select from enrollments as member
            where member.course_id = message.course_id and member.student_id = receipt.student_id
              and member.team = message.team))
      ) as receipts
      order by position desc
      """, [.text(course), .integer(Int64(limit))]
    ).rows
    for row in rows {
      messages.append(
        SentMessage(
          id: try row.value("event_id"), sentAt: try row.value("sent_at"),
          recipient: try row.value("recipient"), learner: try row.optional("student_id"),
          team: try row.optional("team"), teacher: try row.value("teacher"),
          text: try row.value("text"), answersHand: try row.value("answers_hand"),
          shown: try row.value("shown"), shownAt: try row.optional("shown_at")))
    }
    return messages
  }

  /// A message as it was sent.
  struct Content: Sendable, Equatable {
    let course: String
    let recipient: String
    let learner: String?
    let team: String?
    let text: String
    let answersHand: Bool
  }

  /// - Returns: nil where no message of this id is stored.
  func content(of id: String) async throws(PostgresError) -> Content? {
    let rows = try await pool.query(
      """
      select course_id, recipient, student_id, team, text, coalesce(answers_hand, false) as answers_hand
      from messages where event_id = $1::uuid
      """, [.text(id)]
    ).rows
    guard let row = rows.first else { return nil }
    return Content(
      course: try row.value("course_id"), recipient: try row.value("recipient"),
      learner: try row.optional("student_id"), team: try row.optional("team"),
      text: try row.value("text"), answersHand: try row.value("answers_hand"))
  }

  /// Whether the learner has withdrawn a request for help that began then.
  func isDown(
    of course: String, learner: String, askedAt: String
  ) async throws(PostgresError) -> Bool {
    try await !pool.query(
      """
      select from enrollments
      where course_id = $1 and student_id = $2 and help_stopped_at >= $3::timestamptz
      """, [.text(course), .text(learner), .text(askedAt)]
    ).rows.isEmpty
  }

  /// A raised hand.
  struct Hand: Sendable {
    let learner: String
    /// Since when it is up.
    let askedAt: String
    /// Who has it: whoever took it first. Nil while nobody has.
    let teacher: String?
    let takenAt: String?
    /// The event's id.
    let takenBy: String?
  }

  /// The hands that are up in a course, the first to be raised first.
  ///
  /// - Parameter learner: nil for all.
  func hands(
    of course: String, learner: String? = nil
  ) async throws(PostgresError) -> [Hand] {
    var hands: [Hand] = []
    let rows = try await pool.query(
      """
      select student_id, \(Self.moment("help_asked_at")) as asked_at, teacher,
        \(Self.moment("taken.occurred_at")) as taken_at, taken.event_id as taken_by
      from enrollments as hand left join lateral (
        select teacher, occurred_at, event_id from taken_hands
        where taken_hands.student_id = hand.student_id and taken_hands.course_id = hand.course_id
          and asked_at >= help_asked_at
        order by occurred_at, event_id limit 1
      ) as taken on true
      where course_id = $1 and help_asked_at is not null and ($2::text is null or student_id = $2)
      order by help_asked_at, student_id
      """, [.text(course), .text(learner)]
    ).rows
    for row in rows {
      hands.append(
        Hand(
          learner: try row.value("student_id"), askedAt: try row.value("asked_at"),
          teacher: try row.optional("teacher"), takenAt: try row.optional("taken_at"),
          takenBy: try row.optional("taken_by")))
    }
    return hands
  }
}
