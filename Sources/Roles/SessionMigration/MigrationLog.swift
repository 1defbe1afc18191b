import Events
import Foundation
import Sessions
import Synchronization

/// What became of each session, a JSON object a line. It names users and sessions, because a resumed run
/// and a roll-back need them: only its owner may read it.
///
/// Safe from any task. Lines are short and go to a file, so that no task waits for long.
final class MigrationLog: Sendable {
  /// One line.
  struct Record: Sendable {
    enum Outcome: String, Sendable {
      /// This run has made it; its events are still to come.
      case created
      case migrated, updated, unchanged, skipped, failed, removed
    }

    let outcome: Outcome
    let key: SessionKey
    /// In the target, where it differs.
    var target: String?
    /// Of the source, when the session was read.
    var version: String?
    var events: Int?
    var reason: String?
  }

  let path: String
  /// Tells the lines of this run from those before.
  let run: String
  private let file: Mutex<FileHandle>

  /// - Throws: when the file cannot be made or written.
  init(path: String) throws {
    self.path = path
    run = String(UInt64.random(in: .min ... .max), radix: 36)
    if !FileManager.default.fileExists(atPath: path) {
      guard
        FileManager.default.createFile(
          atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
      else { throw MigrationError("\(path) cannot be made") }
    }
    guard let handle = FileHandle(forUpdatingAtPath: path) else {
      throw MigrationError("\(path) cannot be written")
    }
    // What a kill left without its end gets one.
    let end = try handle.seekToEnd()
    if end > 0 {
      try handle.seek(toOffset: end - 1)
      if try handle.read(upToCount: 1) != Data("\n".utf8) {
        try handle.write(contentsOf: Data("\n".utf8))
      }
    }
    file = Mutex(handle)
  }

  func write(_ record: Record) throws {
    var members: [String: SessionValue] = [
      "time": .string(Timestamp.now().description), "run": .string(run),
      "outcome": .string(record.outcome.rawValue), "user": .string(record.key.user),
      "session": .string(record.key.id),
    ]
    members["target"] = record.target.map { .string($0) }
    members["version"] = record.version.map { .string($0) }
    members["events"] = record.events.map { .integer(Int64($0)) }
    members["reason"] = record.reason.map { .string($0) }
    let line = SessionValue.map(members).json + [UInt8(ascii: "\n")]
    try file.withLock { try $0.write(contentsOf: Data(line)) }
  }

  /// The sessions that a run before brought over, with the versions that it read.
  static func finished(in path: String) throws -> Set<SessionDigest> {
    var finished: Set<SessionDigest> = []
    try forEach(in: path) { record, _ in
      switch record.outcome {
      case .migrated, .updated, .unchanged:
        if let version = record.version {
          finished.insert(SessionDigest(record.key, version: version))
        }
      case .created, .skipped, .failed, .removed: break
      }
    }
    return finished
  }

  /// The sessions that a run has made.
  static func created(in path: String, by run: String) throws -> [(
    key: SessionKey, target: String?
  )] {
    var created: [(key: SessionKey, target: String?)] = []
    try forEach(in: path) { record, owner in
      if owner == run, record.outcome == .created { created.append((record.key, record.target)) }
    }
    return created
  }

  /// Reads a log line by line. A line that is none is what a kill left behind.
  private static func forEach(
    in path: String, _ body: (Record, _ run: String) -> Void
  ) throws {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw MigrationError("\(path) cannot be read")
    }
    defer { try? file.close() }
    var rest = Data()
    while let part = try file.read(upToCount: 1 << 20), !part.isEmpty {
      rest += part
      var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      rest = Data(lines.removeLast())
      for line in lines {
        guard let value = try? SessionValue(json: line), let record = Record(value) else {
          continue
        }
        body(record, value["run"]?.text ?? "")
      }
    }
  }
}

extension MigrationLog.Record {
  fileprivate init?(_ value: SessionValue) {
    guard let outcome = value["outcome"]?.text.flatMap(Outcome.init),
      let user = value["user"]?.text,
      let id = value["session"]?.text
    else { return nil }
    self.init(
      outcome: outcome, key: SessionKey(user: user, id: id), target: value["target"]?.text,
      version: value["version"]?.text)
  }
}

/// What stops a migration, for people.
public struct MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
