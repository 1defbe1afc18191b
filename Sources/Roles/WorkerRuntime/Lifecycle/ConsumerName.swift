import Foundation

/// A name for this process among the consumers of a group: host, process id and a random part, so
/// that a process that got a dead one's id is not taken for it.
enum ConsumerName {
  static func make() -> String {
    let host = ProcessInfo.processInfo.hostName.prefix(64)
    let random = String(UInt32.random(in: .min ... .max), radix: 36)
    return "\(host)-\(ProcessInfo.processInfo.processIdentifier)-\(random)"
  }
}
