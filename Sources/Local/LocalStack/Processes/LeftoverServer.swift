import FoundationEssentials
import Glibc

/// A server of an earlier run that is still ending: the process that started it was killed a moment
/// ago, and its watchdog is stopping it.
enum LeftoverServer {
  private static func path(in folder: String) -> String { "\(folder)/server.pid" }

  static func remember(_ process: Int32, in folder: String) throws {
    do {
      try "\(process)\n".write(toFile: path(in: folder), atomically: true, encoding: .utf8)
    } catch {
      throw LocalStackError.fileFailed(path: path(in: folder), reason: "\(error)")
    }
  }

  /// Whether a server has run in the folder before.
  static func isRemembered(in folder: String) -> Bool {
    FileManager.default.fileExists(atPath: path(in: folder))
  }

  /// Waits for its end, then kills it.
  static func end(in folder: String, within grace: Duration = .seconds(25)) async throws {
    guard let text = FileManager.default.contents(atPath: path(in: folder)),
      let process = Int32(String(decoding: text, as: UTF8.self).trimmed)
    else { return }
    let clock = ContinuousClock()
    let deadline = clock.now + grace
    while works(process, in: folder) {
      if clock.now > deadline {
        for member in ProcessTree.members(of: process) { _ = Glibc.kill(member, SIGKILL) }
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Whether the process is alive and is the one that was meant, not another that has got its
  /// number: the working directory of a server is its folder or one in it.
  static func works(_ process: Int32, in folder: String) -> Bool {
    guard
      let directory = try? FileManager.default.destinationOfSymbolicLink(
        atPath: "/proc/\(process)/cwd"),
      let resolved = resolve(folder)
    else { return false }
    return directory == resolved || directory.hasPrefix(resolved + "/")
  }

  private static func resolve(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

/// The children of a process, as /proc shows them (proc(5)). PostgreSQL gives each of its processes a
/// session of its own, so a signal to a process group does not reach them.
enum ProcessTree {
  /// The process and all its descendants, parents first.
  static func members(of root: Int32) -> [Int32] {
    var children: [Int32: [Int32]] = [:]
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    for entry in entries {
      guard let process = Int32(entry), let parent = parent(of: process) else { continue }
      children[parent, default: []].append(process)
    }
    var members = [root]
    var index = 0
    while index < members.count {
      members += children[members[index]] ?? []
      index += 1
    }
    return members
  }

  /// The fourth field of /proc/PID/stat; the second, the name in parentheses, may hold anything.
  static func parent(of process: Int32) -> Int32? {
    guard let stat = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
      let nameEnd = stat.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = stat[(nameEnd + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 1 else { return nil }
    return Int32(String(decoding: fields[1], as: UTF8.self))
  }
}
