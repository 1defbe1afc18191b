import Glibc
import NIOConcurrencyHelpers

/// Ports on 127.0.0.1.
public enum LoopbackPort {
  /// Below the range that the kernel gives to outgoing connections (32768 to 60999, ip(7)), so that
  /// a server which is stopped for a while finds its port free when it comes back.
  private static let range = 15_000..<32_000
  private static let reserved = NIOLockedValueBox<Set<Int>>([])

  /// A port that nothing listens on and that this process has not been given before.
  /// - Throws: `LocalStackError.noFreePort`.
  public static func free() throws -> Int {
    for _ in 0..<1_000 {
      let port = Int.random(in: range)
      if reserved.withLockedValue({ $0.insert(port).inserted }), isFree(port) { return port }
    }
    throw LocalStackError.noFreePort
  }

  /// Whether a server could listen on the port.
  public static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // As servers do: connections in TIME_WAIT do not count.
    var enabled: Int32 = 1
    setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &enabled, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    return withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
