import Foundation
import Logging
import PostgresDriver

/// What the mirror is at.
public struct MirrorState: Sendable, Equatable {
  public enum Kind: String, Sendable, Encodable {
    /// It is switched off.
    case off
    /// It is switched on, and no process that runs it has been heard of for 30 seconds.
    case absent
    /// It queues what was stored before its first start.
    case starting
    /// It cannot start yet; the reason says what it waits for.
    case waiting
    case running
  }

  public let kind: Kind
  /// One line, without values of rows.
  public var reason: String?
  /// RFC 3339, in UTC; nil when nobody runs the mirror.
  public var since: String?
}

/// Tells every process what the mirror of this one is at.
actor MirrorPresence {
  static let interval = Duration.seconds(5)
  /// A few reports may be late; one that is older than this means that the process is gone or hangs.
  static let silence = Duration.seconds(30)

  private let store: MirrorStore
  private let logger: Logger
  private let process =
    "\(ProcessInfo.processInfo.hostName.prefix(64))-\(ProcessInfo.processInfo.processIdentifier)-"
    + String(UInt32.random(in: .min ... .max), radix: 36)
  private var state = MirrorState(kind: .starting)

  init(store: MirrorStore, logger: Logger) {
    self.store = store
    self.logger = logger
  }

  /// Logs what it waits for when that is new.
  func set(_ kind: MirrorState.Kind, _ reason: String? = nil) async {
    let isNew = state.kind != kind || state.reason != reason
    state = MirrorState(kind: kind, reason: reason)
    MirrorMetrics.show(isRunning: kind == .running)
    if isNew, let reason {
      logger.warning("the mirror waits", metadata: ["reason": "\(reason)"])
    }
    await tell()
  }

  func tell() async {
    do {
      try await store.report(process, state)
    } catch {
      // Who asks for the figures meets the same.
      logger.debug("the mirror's state was not told", metadata: ["error": "\(error)"])
    }
  }

  func withdraw() async {
    do {
      try await store.withdraw(process)
    } catch {
      logger.debug("the mirror's state stays behind", metadata: ["error": "\(error)"])
    }
  }
}

extension MirrorStore {
  fileprivate func report(_ process: String, _ state: MirrorState) async throws {
    try await pool.query(
      "select bq_sync_report($1, $2, $3)",
      [.text(process), .text(state.kind.rawValue), .text(state.reason)])
  }

  fileprivate func withdraw(_ process: String) async throws {
    try await pool.query("delete from bq_sync_processes where process = $1", [.text(process)])
  }

  /// Of all processes; one that runs is enough.
  func state() async throws -> MirrorState {
    let row = try await pool.query(
      """
      select state, reason, bq_timestamp(since) as since from bq_sync_processes
      where heard_at > now() - $1::double precision * '1 s'::interval
      order by state = 'running' desc, since limit 1
      """, [.double(MirrorPresence.silence / .seconds(1))]
    ).first
    guard let row, let kind = MirrorState.Kind(rawValue: try row.value("state")) else {
      return MirrorState(kind: .absent)
    }
    return MirrorState(
      kind: kind, reason: try row.optional("reason"), since: try row.value("since"))
  }
}
