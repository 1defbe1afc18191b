/// The proxies whose word is taken for where a request comes from. Everybody else may write into a header what
/// they like, and counts as who they are.
public struct TrustedProxies: Sendable {
  /// The header that the proxies write. Only one is read: in the other one a proxy may hand on what a client made up.
  public enum Header: String, Sendable, CaseIterable {
    case forwardedFor = "x-forwarded-for"
    /// RFC 7239.
    case forwarded
  }

  private let networks: [AddressRange]
  private let header: Header

  public init(_ networks: [AddressRange] = [], header: Header = .forwardedFor) {
    self.networks = networks
    self.header = header
  }

  /// The name of the header, in lower case.
  public var headerName: String { header.rawValue }

  /// Whether who its requests come from stands in their headers.
  func trust(_ address: ClientAddress) -> Bool {
    networks.contains { $0.contains(address) }
  }

  /// Who sent a request: the peer, or, behind a proxy, the last one before the proxies.
  ///
  /// - Parameter lines: the values of the header, in the order in which they came.
  public func client(behind peer: ClientAddress, lines: [String]) -> ClientAddress {
    var client = peer
    guard trust(peer) else { return client }
    for line in lines.reversed() {
      for element in line.split(separator: ",").reversed() {
        // What a proxy does not say, or hides (RFC 7239, section 6.3), ends the way back.
        guard let address = address(in: element) else { return client }
        client = address
        guard trust(client) else { return client }
      }
    }
    return client
  }

  /// Whose limits a request counts for; nil for those who have none: this machine itself, and a proxy that asks for
  /// itself.
  public func limitedClient(behind peer: ClientAddress, lines: [String]) -> ClientAddress? {
    guard trust(peer) else { return peer.isLoopback ? nil : peer.network }
    return lines.isEmpty ? nil : client(behind: peer, lines: lines).network
  }

  /// Whether connections of this peer are counted: not where they are a proxy's, or this machine's own.
  func counts(_ peer: ClientAddress) -> Bool { limitedClient(behind: peer, lines: []) != nil }

  private func address(in element: Substring) -> ClientAddress? {
    switch header {
    case .forwardedFor: return ClientAddress(node: element.trimmingSpaces)
    case .forwarded:
      for pair in element.split(separator: ";") {
        let parts = pair.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, parts[0].trimmingSpaces.lowercased() == "for" else { continue }
        var node = parts[1].trimmingSpaces
        if node.count > 1, node.first == "\"", node.last == "\"" {
          node = node.dropFirst().dropLast()
        }
        return ClientAddress(node: node)
      }
      return nil
    }
  }
}

/// Addresses that begin with the same bits.
public struct AddressRange: Sendable, Equatable {
  private let first: ClientAddress
  /// Of 128.
  private let length: Int

  /// Reads `10.0.0.0/8`, `2001:db8::/32` (RFC 4632, section 3.1; RFC 4291, section 2.3), or one address. Nil for anything
  /// else, and where bits behind the prefix are set, which is mostly a slip.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = ClientAddress(parts[0]) else { return nil }
    let bits = parts[0].contains(":") ? 128 : 32
    var prefix = bits
    if parts.count == 2 {
      guard parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        let number = Int(parts[1]), number <= bits
      else { return nil }
      prefix = number
    }
    self.first = first
    length = 128 - bits + prefix
    guard first == masked(first) else { return nil }
  }

  func contains(_ address: ClientAddress) -> Bool { masked(address) == first }

  private func masked(_ address: ClientAddress) -> ClientAddress {
    // Shifting by the whole width gives 0.
    ClientAddress(
      high: address.high & ~(UInt64.max >> min(length, 64)),
      low: address.low & ~(UInt64.max >> max(length - 64, 0)))
  }
}

extension ClientAddress {
  /// Reads a node with or without a port: `192.0.2.1:4711`, `[2001:db8::1]:4711` (RFC 7239, section 6), and IPv6 without
  /// brackets, as `X-Forwarded-For` mostly has it.
  fileprivate init?(node: Substring) {
    if node.first == "[" {
      guard let end = node.firstIndex(of: "]") else { return nil }
      let rest = node[node.index(after: end)...]
      guard rest.isEmpty || rest.first == ":" else { return nil }
      self.init(node[node.index(after: node.startIndex)..<end])
    } else if node.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1 {
      self.init(node.prefix { $0 != ":" })
    } else {
      self.init(node)
    }
  }
}

extension Substring {
  fileprivate var trimmingSpaces: Substring {
    var text = self.drop { $0 == " " || $0 == "\t" }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}
