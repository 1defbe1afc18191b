import Foundation
import Testing

/// The memory of another process, in KiB (proc(5), `status`).
enum ProcessMemory {
  static func resident(of process: Int32) throws -> Int { try value("VmRSS", of: process) }

  /// The most that was resident since the process began.
  static func peak(of process: Int32) throws -> Int { try value("VmHWM", of: process) }

  private static func value(_ name: String, of process: Int32) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name + ":") })
    return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1]))
  }
}
