/// What an operator must know of the Redis server that the bus uses.
public struct RedisServerReport: Sendable, Equatable {
  /// Before it, scripts run although `min-replicas-to-write` is not met.
  public static let leastMajorVersion = 7

  /// Such as `7.0.15`; nil when the server does not tell.
  public let version: String?
  /// What Redis does when its memory is full (`maxmemory-policy`). Anything but `noeviction` may
  /// throw away the journal.
  public let evictionPolicy: String?
  /// Whether the append-only file is on. Without it, a restart of Redis loses what was accepted.
  public let appendOnly: Bool?
  /// How many replicas are connected (`connected_slaves`).
  public let connectedReplicas: Int?
  /// What Redis holds, in bytes (`used_memory`).
  public let usedMemory: Int?
  /// What it may hold, in bytes (`maxmemory`); 0 when nothing limits it but the machine.
  public let memoryLimit: Int?

  public init(
    version: String? = nil, evictionPolicy: String? = nil, appendOnly: Bool? = nil,
    connectedReplicas: Int? = nil, usedMemory: Int? = nil, memoryLimit: Int? = nil
  ) {
    self.version = version
    self.evictionPolicy = evictionPolicy
    self.appendOnly = appendOnly
    self.connectedReplicas = connectedReplicas
    self.usedMemory = usedMemory
    self.memoryLimit = memoryLimit
  }

  /// False when the server does not tell.
  public var isTooOld: Bool {
    let major = version.flatMap { Int($0.prefix { $0 != "." }) }
    return major.map { $0 < Self.leastMajorVersion } ?? false
  }

  /// Reads the answer of `INFO` (https://redis.io/docs/latest/commands/info/).
  init(info: String) {
    var values: [Substring: Substring] = [:]
    for line in info.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      values[line[..<colon]] = line[line.index(after: colon)...]
    }
    self.init(
      version: values["redis_version"].map(String.init),
      evictionPolicy: values["maxmemory_policy"].map(String.init),
      appendOnly: values["aof_enabled"].map { $0 == "1" },
      connectedReplicas: values["connected_slaves"].flatMap { Int($0) },
      usedMemory: values["used_memory"].flatMap { Int($0) },
      memoryLimit: values["maxmemory"].flatMap { Int($0) })
  }
}
