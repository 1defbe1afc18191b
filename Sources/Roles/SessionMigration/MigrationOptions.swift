public import Sessions

/// How sessions are moved.
public struct MigrationOptions: Sendable {
  /// The only user whose sessions are moved; nil for all.
  public var user: String?
  /// Sessions at a time.
  public var concurrency = 16
  /// Writes a minute by kind; 0 for no limit. By default what the target has for quotas.
  public var writesPerMinute = QuotaPacing.documentedQuotas
  /// How long all wait when the target asks for fewer calls and says no time.
  public var slowDownWait = Duration.seconds(1)
  /// Whether sessions that the log has are passed over while the source has not changed.
  public var resumes = false
  /// Whether what this run made stays when a fatal error ends it.
  public var keepsOnFailure = false
  /// The file that tells what became of each session.
  public var logPath: String
  /// Ids that the target cannot hold are changed and kept here; nil to leave such sessions out.
  public var idMap: SessionIDMap?
  /// Before a session is tried again that somebody else wrote to.
  public var retryDelay = Duration.milliseconds(500)

  public init(logPath: String) { self.logPath = logPath }
}

/// How far a migration is.
public struct MigrationProgress: Sendable, Equatable {
  /// Sessions of the source.
  public var total = 0
  public var migrated = 0
  /// Were there already and lacked something.
  public var updated = 0
  public var unchanged = 0
  public var skipped = 0
  public var failed = 0
  public var events = 0
  /// Passed over, since the log has them.
  public var resumed = 0

  public var done: Int { migrated + updated + unchanged + skipped + failed + resumed }
}

/// What a dry run finds.
public struct MigrationEstimate: Sendable, Equatable {
  public var sessions = 0
  public var events = 0
  /// Of the sessions, those that would get new ids.
  public var renamed = 0
  /// Sessions that would be left out, by reason.
  public var skipped: [String: Int] = [:]
  /// At the rates that are set: each kind of write has its own, and they go on side by side.
  public var duration = Duration.zero

  mutating func setDuration(_ writesPerMinute: [SessionWrite: Int]) {
    func minutes(_ count: Int, _ kind: SessionWrite) -> Duration {
      guard let rate = writesPerMinute[kind], rate > 0 else { return .zero }
      return .seconds(60) * count / rate
    }
    duration = max(minutes(sessions, .session), minutes(events, .append))
  }
}

/// How a migration ended.
public struct MigrationResult: Sendable, Equatable {
  public var progress: MigrationProgress
  /// What ended it early; nil when it came to its end.
  public var fatal: String?
  /// Sessions that this run had made and that were removed again, and those that could not be.
  public var removed = 0
  public var left = 0
  /// How often the target asked for fewer calls.
  public var slowDowns = 0
}
