public import Sessions
import Synchronization

/// Compares all sessions of two stores and changes nothing.
public struct SessionValidation: Sendable {
  let source: any SessionStore
  let target: any SessionStore
  let options: MigrationOptions

  /// - Parameter options: the user, the concurrency and the table of ids count.
  public init(source: any SessionStore, target: any SessionStore, options: MigrationOptions) {
    self.source = source
    self.target = target
    self.options = options
  }

  /// - Throws: `SessionStoreError` when one of the stores cannot be listed.
  public func run() async throws -> ValidationReport {
    let migration = SessionMigration(source: source, target: target, options: options)
    let report = Mutex(
      ValidationReport(
        source: source.name, target: target.name,
        capabilities: source.capabilities.shared(with: target.capabilities)))
    let expected = Mutex<Set<SessionDigest>>([])
    var carriers = ScopeCarriers(source: source, target: target)
    try await migration.forEachKey(&carriers, until: false) { key, scopes in
      let id = migration.targetID(of: key) ?? key.id
      let targetKey = SessionKey(user: key.user, id: id)
      expected.withLock { _ = $0.insert(SessionDigest(targetKey)) }
      let found = await self.compare(key, targetKey, scopes, migration)
      report.withLock { $0.add(found, of: key) }
    }
    let known = expected.withLock { $0 }
    for try await page in KeyPages(store: target, user: options.user) {
      for key in page {
        report.withLock { report in
          report.targetSessions += 1
          if !known.contains(SessionDigest(key)) { report.add([.init(.extra)], of: key) }
        }
      }
    }
    return report.withLock { $0 }
  }

  /// Nil when the session is gone from the source meanwhile, or stays there.
  private func compare(
    _ key: SessionKey, _ targetKey: SessionKey, _ scopes: Set<SessionState.Scope>,
    _ migration: SessionMigration
  ) async -> [SessionDifference]? {
    do throws(SessionStoreError) {
      guard var session = try await source.session(key, events: .all) else { return nil }
      if session.isVoice, target.name == "agent-engine" { return nil }
      guard let copy = try await target.session(targetKey, events: .all) else {
        return [.init(.missing, migration.refusal(session) ?? "")]
      }
      session.events = session.events.filter { !$0.isPartial }.map(\.withoutTemporaryState)
      return SessionComparison.compare(
        session, with: copy, scopes: scopes,
        capabilities: source.capabilities.shared(with: target.capabilities))
    } catch {
      return [.init(.unreadable, "\(error)")]
    }
  }
}

/// What a validation found. Holds no personal data: users stand by pseudonyms, and no value is shown.
public struct ValidationReport: Sendable, Equatable {
  /// One session that is not the same.
  public struct Entry: Sendable, Equatable {
    public let session: String
    /// The first 12 hexadecimal digits of the SHA-256 of the user's id.
    public let user: String
    public let differences: [SessionDifference]
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
  /// Sessions of the source that stay there.
  public var leftOut = 0
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

  mutating func add(_ differences: [SessionDifference]?, of key: SessionKey) {
    let isExtra = differences?.first?.kind == .extra
    if !isExtra { sourceSessions += 1 }
    guard let differences else {
      leftOut += 1
      return
    }
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
        "left_out": number(leftOut),
      ]),
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
      "# Sessions of \(source) and \(target)", "",
      isGood ? "**Equal.**" : "**\(differentSessions) sessions differ.**", "",
      "| | sessions |", "|---|---|", "| \(source) | \(sourceSessions) |",
      "| \(target) | \(targetSessions) |", "| equal | \(equalSessions) |",
      "| different | \(differentSessions) |", "| left out (they stay) | \(leftOut) |", "",
    ]
    if !notKept.isEmpty {
      lines += ["Not kept on both sides, and so not compared:", ""]
      lines += notKept.map { "- \($0)" } + [""]
    }
    if !entries.isEmpty {
      lines += ["| session | user (pseudonym) | found |", "|---|---|---|"]
      for entry in entries {
        let found = entry.differences.map { difference in
          difference.kind.rawValue + (difference.detail.isEmpty ? "" : " (\(difference.detail))")
        }
        lines.append(
          "| \(entry.session) | \(entry.user) | "
            + "\(found.joined(separator: "; ").replacing("|", with: "\\|")) |")
      }
      if entries.count < differentSessions {
        lines.append("")
        lines.append("… and \(differentSessions - entries.count) more.")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
