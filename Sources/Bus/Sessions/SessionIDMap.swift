import Cryptography
import Foundation
import Synchronization

/// The ids of sessions that had to change on their way into Agent Engine, both ways.
///
/// An id is made from the user and the old one, so that a second run makes the same. The table is a file
/// of JSON lines that only grows, `{"user":…,"source":…,"target":…}`; routing and the way back read it.
/// Safe from any thread.
public final class SessionIDMap: Sendable {
  private struct Tables {
    var targets: [SessionKey: String] = [:]
    var sources: [SessionKey: String] = [:]
    var file: FileHandle?

    mutating func add(user: String, source: String, target: String) {
      targets[SessionKey(user: user, id: source)] = target
      sources[SessionKey(user: user, id: target)] = source
    }
  }

  private let tables: Mutex<Tables>

  /// A table in memory.
  public init() {
    tables = Mutex(Tables())
  }

  /// Reads a table, when it is there already.
  ///
  /// - Parameter isWritten: whether entries are added to it.
  /// - Throws: when the file cannot be read or made, or a line of it is no entry. A last line without its
  ///   end is what a kill left behind, and is cut off.
  public convenience init(path: String, isWritten: Bool) throws {
    self.init()
    try tables.withLock { tables in
      var end = 0
      if let data = FileManager.default.contents(atPath: path) {
        end = data.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        for line in data[..<end].split(separator: UInt8(ascii: "\n")) {
          let entry = try SessionValue(json: line)
          guard let user = entry["user"]?.text, let source = entry["source"]?.text,
            let target = entry["target"]?.text
          else { throw SessionValueError("\(path) holds a line that is no entry of an id table") }
          tables.add(user: user, source: source, target: target)
        }
      } else if isWritten {
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
          throw SessionValueError("\(path) cannot be made")
        }
      }
      guard isWritten else { return }
      guard let file = FileHandle(forUpdatingAtPath: path) else {
        throw SessionValueError("\(path) cannot be written")
      }
      try file.truncate(atOffset: UInt64(end))
      try file.seekToEnd()
      tables.file = file
    }
  }

  /// The id by which Agent Engine knows the session.
  public func target(of key: SessionKey) -> String? { tables.withLock { $0.targets[key] } }

  /// The id that the session had before.
  public func source(of key: SessionKey) -> String? { tables.withLock { $0.sources[key] } }

  public var count: Int { tables.withLock { $0.targets.count } }

  /// The id by which Agent Engine shall know the session; written down before it is used.
  public func map(_ key: SessionKey) throws -> String {
    try tables.withLock { tables in
      if let target = tables.targets[key] { return target }
      let target = Self.target(for: key)
      var line = SessionValue.map([
        "user": .string(key.user), "source": .string(key.id), "target": .string(target),
      ]).json
      line.append(UInt8(ascii: "\n"))
      try tables.file?.write(contentsOf: Data(line))
      tables.add(user: key.user, source: key.id, target: target)
      return target
    }
  }

  /// 33 of `[a-z0-9]`, a letter first.
  static func target(for key: SessionKey) -> String {
    let digest = SHA256.digest(Array(key.user.utf8), [0], Array(key.id.utf8))
    return "m" + digest.prefix(16).lowercaseHex
  }
}

extension SessionIDMap {
  /// What an id of an Agent Engine session may be: 1 to 63 of `[a-z0-9-]`, first and last a letter or a digit
  /// (`projects.locations.reasoningEngines.sessions.create`, `sessionId`).
  public static func isAgentEngineID(_ id: String) -> Bool {
    func isPlain(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    let bytes = Array(id.utf8)
    guard (1...63).contains(bytes.count), isPlain(bytes[0]), isPlain(bytes[bytes.count - 1]) else {
      return false
    }
    return bytes.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "-") }
  }
}
