import Foundation
public import NIOCore

/// An IPv4 or IPv6 address, without a port. An IPv4 address that comes as IPv6 (`::ffff:192.0.2.1`, RFC 4291,
/// section 2.5.5.2) is the same as the plain one.
public struct ClientAddress: Hashable, Sendable {
  /// The first and the second 8 bytes of the IPv6 address.
  let high: UInt64
  let low: UInt64

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  private static let mappedPrefix: UInt64 = 0xFFFF << 32

  /// Nil for what is no internet address, such as a Unix socket's.
  public init?(_ address: SocketAddress?) {
    switch address {
    case .v4(let address):
      let bits = UInt32(bigEndian: address.address.sin_addr.s_addr)
      self.init(high: 0, low: Self.mappedPrefix | UInt64(bits))
    case .v6(let address):
      let (high, low) = withUnsafeBytes(of: address.address.sin6_addr) {
        ($0.load(as: UInt64.self), $0.load(fromByteOffset: 8, as: UInt64.self))
      }
      self.init(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    case .unixDomainSocket, nil: return nil
    }
  }

  /// Reads an address as it is written, without a port: `192.0.2.1`, `2001:db8::1`.
  public init?(_ text: some StringProtocol) {
    // Beside digits and separators a reader of addresses may take a zone, which is of this machine alone (RFC 4007,
    // section 11), and would stop at a zero byte.
    guard text.utf8.count <= 45,
      text.allSatisfy({ $0.isASCII && ($0.isHexDigit || $0 == ":" || $0 == ".") }),
      let address = try? SocketAddress(ipAddress: String(text), port: 0)
    else { return nil }
    self.init(address)
  }

  var isIPv4: Bool { high == 0 && low & ~0xFFFF_FFFF == Self.mappedPrefix }

  /// Of this machine itself.
  var isLoopback: Bool { isIPv4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

  /// Whether a host, as a URL or a setting has it, is this machine itself. A name other than `localhost` may stand for
  /// any address, even one like `127.example.org`.
  public static func isThisMachine(_ host: String) -> Bool {
    let isBracketed = host.first == "[" && host.last == "]"
    let address = isBracketed ? host.dropFirst().dropLast() : host[...]
    return host == "localhost" || ClientAddress(address)?.isLoopback == true
  }

  /// What counts as one client: an IPv4 address, or 64 bits of an IPv6 address, for whoever has one has all that begin so
  /// (RFC 4291, section 2.5.4).
  var network: ClientAddress { isIPv4 ? self : ClientAddress(high: high, low: 0) }
}

extension ClientAddress: CustomStringConvertible {
  public var description: String {
    var bytes = ByteBuffer()
    if !isIPv4 { bytes.writeInteger(high) }
    if isIPv4 {
      bytes.writeInteger(UInt32(truncatingIfNeeded: low))
    } else {
      bytes.writeInteger(low)
    }
    // 4 and 16 bytes are always an address.
    return (try? SocketAddress(packedIPAddress: bytes, port: 0).ipAddress) ?? "?"
  }
}
