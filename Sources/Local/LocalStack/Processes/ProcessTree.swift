import FoundationEssentials

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
