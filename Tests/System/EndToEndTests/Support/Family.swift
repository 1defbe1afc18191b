import Foundation
import ProgressBusTesting

/// A process and all that it has started, directly or not (proc(5), `/proc/PID/task/TID/children`).
struct Family {
  let members: [Int32]

  init(of ancestor: Int32) {
    var members = [ancestor]
    var index = 0
    while index < members.count {
      let tasks = "/proc/\(members[index])/task"
      for task in (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? [] {
        let children = try? String(contentsOfFile: "\(tasks)/\(task)/children", encoding: .utf8)
        members += children?.split(separator: " ").compactMap { Int32($0) } ?? []
      }
      index += 1
    }
    self.members = members
  }

  var alive: [Int32] { members.filter(isProcessAlive) }

  func member(named name: String) -> Int32? {
    members.first { process in
      let command = try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)
      return command?.hasPrefix(name) == true
    }
  }
}
