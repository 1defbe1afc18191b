import FoundationEssentials

/// Whether a process runs: it exists and is no zombie (proc(5), the state in /proc/PID/stat).
public func isProcessAlive(_ process: Int32) -> Bool {
  guard let stat = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
    let nameEnd = stat.lastIndex(of: UInt8(ascii: ")"))
  else { return false }
  return stat[(nameEnd + 2)...].first.map { $0 != UInt8(ascii: "Z") && $0 != UInt8(ascii: "X") }
    ?? false
}
