import Sessions

/// What a validation found. Holds no personal data: users stand by pseudonyms, and no value is shown.
public struct ValidationReport: Sendable, Equatable {
  /// One session that is not the same.
  public struct Entry: Sendable, Equatable {
    public let session: String
    /// The first 12 hexadecimal digits of the SHA-256 of the user's id.
    public let user: String
    public let differences: [SessionDifference]
  }

  /// One session that stays where it is.
  public struct LeftOut: Sendable, Equatable {
    public let session: String
    /// As of an `Entry`.
    public let user: String
    public let reason: String
  }

  /// The most sessions that are listed; all are counted.
  public static let listLimit = 1_000

  public let source: String
  public let target: String
  /// What one of the two cannot keep, and is therefore not compared.
  public let notKept: [String]
  public var sourceSessions = 0
  public var targetSessions = 0
  public var equalSessions = 0
  public var differentSessions = 0
  /// Sessions of the source that cannot be moved and are not compared, by the reason.
  public var leftOut: [String: Int] = [:]
  public var leftOutEntries: [LeftOut] = []
  public var entries: [Entry] = []
  public var counts: [String: Int] = [:]

  init(source: String, target: String, capabilities: SessionStoreCapabilities) {
    self.source = source
    self.target = target
    var notKept: [String] = []
    if !capabilities.keepsCreateTime { notKept.append("create times of sessions") }
    if !capabilities.keepsUpdateTime { notKept.append("update times of sessions") }
    if !capabilities.sharesScopes {
      notKept.append("one state of the app and of each user: every session has a copy")
    }
    self.notKept = notKept
  }

  public var isGood: Bool { differentSessions == 0 }

  public var leftOutSessions: Int { leftOut.values.reduce(0, +) }

  mutating func add(_ finding: SessionValidation.Finding, of key: SessionKey) {
    let differences: [SessionDifference]
    switch finding {
    case .compared(let found): differences = found
    case .leftOut(let reason):
      sourceSessions += 1
      leftOut[reason, default: 0] += 1
      if leftOutEntries.count < Self.listLimit {
        leftOutEntries.append(
          LeftOut(session: key.shownID, user: key.userPseudonym, reason: reason))
      }
      return
    }
    if differences.first?.kind != .extra { sourceSessions += 1 }
    guard !differences.isEmpty else {
      equalSessions += 1
      return
    }
    differentSessions += 1
    for difference in differences { counts[difference.kind.rawValue, default: 0] += 1 }
    if entries.count < Self.listLimit {
      entries.append(
        Entry(session: key.shownID, user: key.userPseudonym, differences: differences))
    }
  }

  // MARK: Forms

  public var json: [UInt8] {
    func number(_ number: Int) -> SessionValue { .integer(Int64(number)) }
    return SessionValue.map([
      "source": .string(source), "target": .string(target), "equal": .boolean(isGood),
      "not_kept": .array(notKept.map { .string($0) }),
      "sessions": .map([
        "source": number(sourceSessions), "target": number(targetSessions),
        "equal": number(equalSessions), "different": number(differentSessions),
        "left_out": number(leftOutSessions),
      ]),
      "left_out": .map(leftOut.mapValues(number)),
      "left_out_sessions": .array(
        leftOutEntries.map {
          .map([
            "session": .string($0.session), "user": .string($0.user), "reason": .string($0.reason),
          ])
        }),
      "counts": .map(counts.mapValues(number)),
      "differences": .array(
        entries.map { entry in
          .map([
            "session": .string(entry.session), "user": .string(entry.user),
            "found": .array(
              entry.differences.map {
                .map(["kind": .string($0.kind.rawValue), "detail": .string($0.detail)])
              }),
          ])
        }),
    ]).json
  }

  public var markdown: String {
    var lines = [
      "# Sessions of \(source) and \(target)", "", "**\(verdict)**", "",
      "| | sessions |", "|---|---|", "| \(source) | \(sourceSessions) |",
      "| \(target) | \(targetSessions) |", "| equal | \(equalSessions) |",
      "| different | \(differentSessions) |", "| left out (they stay) | \(leftOutSessions) |", "",
    ]
    if !notKept.isEmpty {
      lines += ["Not kept on both sides, and so not compared:", ""]
      lines += notKept.map { "- \($0)" } + [""]
    }
    lines += Self.table(
      "found", differentSessions,
      entries.map { entry in
        let found = entry.differences.map { difference in
          difference.kind.rawValue + (difference.detail.isEmpty ? "" : " (\(difference.detail))")
        }
        return (entry.session, entry.user, found.joined(separator: "; "))
      })
    lines += Self.table(
      "left out because", leftOutSessions,
      leftOutEntries.map { ($0.session, $0.user, $0.reason) })
    return lines.joined(separator: "\n") + "\n"
  }

  private var verdict: String {
    guard isGood else { return "\(differentSessions) sessions differ." }
    return leftOut.isEmpty
      ? "Equal." : "Equal, but for \(leftOutSessions) sessions that were left out."
  }

  private static func table(
    _ title: String, _ count: Int, _ rows: [(session: String, user: String, text: String)]
  ) -> [String] {
    guard !rows.isEmpty else { return [] }
    var lines = ["| session | user (pseudonym) | \(title) |", "|---|---|---|"]
    lines += rows.map { row in
      "| \(row.session) | \(row.user) | \(row.text.replacing("|", with: "\\|")) |"
    }
    if rows.count < count { lines += ["", "… and \(count - rows.count) more."] }
    return lines + [""]
  }
}
