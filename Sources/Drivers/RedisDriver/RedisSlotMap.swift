/// The part of a cluster that a key belongs to.
public enum RedisSlot {
  public static let count = 16_384

  /// CRC16 (XMODEM) of the key, or of what stands between its first `{` and the next `}` where that is not empty, modulo
  /// the number of slots (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags).
  public static func of(_ key: String) -> Int {
    let bytes = Array(key.utf8)
    guard let open = bytes.firstIndex(of: UInt8(ascii: "{")),
      let close = bytes[(open + 1)...].firstIndex(of: UInt8(ascii: "}")), close > open + 1
    else { return Int(crc16(bytes[...])) % count }
    return Int(crc16(bytes[(open + 1)..<close])) % count
  }

  private static func crc16(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    var crc: UInt16 = 0
    for byte in bytes {
      crc ^= UInt16(byte) << 8
      for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
    }
    return crc
  }
}

/// Which node a node names in place of itself: `MOVED` for good, `ASK` for this one command.
public struct RedisRedirection: Sendable, Equatable {
  public enum Kind: String, Sendable {
    case moved = "MOVED"
    case ask = "ASK"
  }

  public let kind: Kind
  public let slot: Int
  public let endpoint: RedisEndpoint

  /// Nil for an error of another kind.
  ///
  /// - Parameter asked: the node that answered; a node that names no host means its own.
  public init?(_ error: RedisServerError, asked: RedisEndpoint) {
    let words = error.message.split(separator: " ")
    guard words.count >= 3, let kind = Kind(rawValue: String(words[0])), let slot = Int(words[1]),
      (0..<RedisSlot.count).contains(slot), let colon = words[2].lastIndex(of: ":"),
      let port = Int(words[2][words[2].index(after: colon)...])
    else { return nil }
    self.kind = kind
    self.slot = slot
    let host = words[2][..<colon]
    endpoint = RedisEndpoint(
      host: ["", "?"].contains(host) ? asked.host : String(host), port: port)
  }
}

/// Which node has which slots of a cluster.
public struct RedisSlotMap: Sendable, Equatable {
  public struct Node: Sendable, Hashable {
    /// 40 hexadecimal digits; the same for as long as the node belongs to the cluster.
    public let id: String
    public let endpoint: RedisEndpoint

    public init(id: String, endpoint: RedisEndpoint) {
      self.id = id
      self.endpoint = endpoint
    }
  }

  /// Slots in a row that one master has.
  public struct Range: Sendable, Equatable {
    public let slots: ClosedRange<Int>
    public let master: Node
    public let replicas: [Node]
  }

  /// In the order of their slots.
  public private(set) var ranges: [Range]
  private var moved: [Int: RedisEndpoint] = [:]

  /// Reads the answer of `CLUSTER SLOTS` (https://redis.io/docs/latest/commands/cluster-slots/).
  ///
  /// - Parameter asked: the node that answered; a node without a host stands there.
  public init(_ reply: RedisReply, asked: RedisEndpoint) throws(RedisError) {
    guard let elements = reply.array else {
      throw RedisError.malformedReply("CLUSTER SLOTS was answered with \(reply)")
    }
    var ranges: [Range] = []
    for element in elements {
      guard let parts = element.array, parts.count >= 3, let first = parts[0].integer,
        let last = parts[1].integer, 0 <= first, first <= last, last < RedisSlot.count,
        let master = Self.node(parts[2], asked: asked)
      else { throw RedisError.malformedReply("CLUSTER SLOTS has a range \(element)") }
      ranges.append(
        Range(
          slots: first...last, master: master,
          replicas: parts[3...].compactMap { Self.node($0, asked: asked) }))
    }
    self.ranges = ranges.sorted { $0.slots.lowerBound < $1.slots.lowerBound }
  }

  private static func node(_ reply: RedisReply, asked: RedisEndpoint) -> Node? {
    guard let parts = reply.array, parts.count >= 3, let port = parts[1].integer,
      let id = parts[2].text
    else { return nil }
    let host = parts[0].text ?? ""
    return Node(
      id: id,
      endpoint: RedisEndpoint(host: ["", "?"].contains(host) ? asked.host : host, port: port))
  }

  /// The master of a slot; nil when nobody has it.
  public func master(of slot: Int) -> RedisEndpoint? {
    moved[slot] ?? range(of: slot)?.master.endpoint
  }

  /// The slots that include this one; nil when nobody has it.
  public func range(of slot: Int) -> Range? { ranges.first { $0.slots.contains(slot) } }

  /// Goes by what a node said of a slot, whatever the map says.
  public mutating func note(_ slot: Int, movedTo endpoint: RedisEndpoint) { moved[slot] = endpoint }

  /// Those that have slots, each once.
  public var masters: [Node] { unique(ranges.map(\.master)) }

  /// Masters and replicas, each once.
  public var nodes: [Node] { unique(ranges.flatMap { [$0.master] + $0.replicas }) }

  /// Slots that no node has.
  public var uncoveredSlots: Int { RedisSlot.count - ranges.reduce(0) { $0 + $1.slots.count } }

  private func unique(_ nodes: [Node]) -> [Node] {
    var seen: Set<String> = []
    return nodes.filter { seen.insert($0.id).inserted }
  }
}
