import NIOCore
import RedisDriver
import Testing

@Suite struct RedisSlotMapTests {
  private let asked = RedisEndpoint(host: "h0", port: 7000)

  /// As `CLUSTER KEYSLOT` of Redis 7.0.15 answers.
  @Test(arguments: [
    ("123456789", 12739), ("", 0), ("foo", 12182), ("{foo}bar", 12182), ("a{foo}{bar}", 12182),
    ("{}foo", 9500), ("foo{}{bar}", 8363), ("foo{{bar}}zap", 4015),
  ])
  func aKeyHasASlot(key: String, slot: Int) {
    #expect(RedisSlot.of(key) == slot)
  }

  private func node(_ host: String?, _ port: Int, _ id: String) -> RedisReply {
    .array([
      host.map { .string(.init(string: $0)) } ?? .null, .integer(port), .string(.init(string: id)),
      .array([]),
    ])
  }

  @Test func readsWhoHasWhichSlots() throws {
    let reply = RedisReply.array([
      .array([.integer(5461), .integer(16383), node("h2", 7002, "c"), node(nil, 7003, "d")]),
      .array([.integer(0), .integer(5459), node("", 7000, "a")]),
    ])
    var map = try RedisSlotMap(reply, asked: asked)
    #expect(map.master(of: 0) == asked && map.master(of: 5459) == asked)
    #expect(map.master(of: 5460) == nil && map.uncoveredSlots == 1)
    #expect(map.master(of: 16383) == RedisEndpoint(host: "h2", port: 7002))
    #expect(map.masters.map(\.id) == ["a", "c"] && map.nodes.map(\.id) == ["a", "c", "d"])
    let replicas = map.range(of: 9000)?.replicas.map(\.endpoint)
    #expect(replicas == [RedisEndpoint(host: "h0", port: 7003)])
    map.note(9000, movedTo: asked)
    #expect(map.master(of: 9000) == asked && map.master(of: 9001)?.host == "h2")
  }

  @Test(arguments: [
    RedisReply.null, .array([.integer(1)]), .array([.array([.integer(0), .integer(16384)])]),
    .array([.array([.integer(9), .integer(1), .array([])])]),
  ])
  func refusesOtherAnswers(reply: RedisReply) {
    #expect(throws: RedisError.self) { try RedisSlotMap(reply, asked: asked) }
  }

  @Test func readsRedirections() {
    func read(_ text: String) -> RedisRedirection? {
      RedisRedirection(RedisServerError(text), asked: asked)
    }
    #expect(
      read("MOVED 3999 10.0.0.1:6381")?.endpoint == RedisEndpoint(host: "10.0.0.1", port: 6381))
    #expect(read("ASK 3999 ::1:6381")?.endpoint == RedisEndpoint(host: "::1", port: 6381))
    #expect(read("MOVED 3999 :6381")?.endpoint == RedisEndpoint(host: "h0", port: 6381))
    #expect(read("MOVED 3999 ?:6381")?.endpoint == RedisEndpoint(host: "h0", port: 6381))
    #expect(read("MOVED 3999 h:1")?.kind == .moved && read("ASK 3999 h:1")?.kind == .ask)
    for text in ["MOVED", "MOVED 1 h", "MOVED x h:1", "MOVED 16384 h:1", "CLUSTERDOWN h"] {
      #expect(read(text) == nil)
    }
  }
}

@Suite struct RedisClusterTests {
  @Test func readsAnAddress() throws {
    let cluster = try RedisCluster(parsing: "rediss+cluster://u:s%40t@h1:7000,[::1]:7001,h3")
    #expect(
      cluster.endpoints == [
        RedisEndpoint(host: "h1", port: 7000), RedisEndpoint(host: "::1", port: 7001),
        RedisEndpoint(host: "h3", port: 6379),
      ])
    let node = cluster.server(at: RedisEndpoint(host: "h9", port: 1))
    #expect(node.user == "u" && node.password == "s@t" && node.usesTLS)
    #expect(cluster.description == "rediss+cluster://h1:7000,[::1]:7001,h3:6379")
    #expect(!String(reflecting: cluster).contains("s@t"))
    guard case .cluster = try RedisLocation(parsing: "redis+cluster://h1/0") else {
      Issue.record("no cluster")
      return
    }
  }

  @Test(arguments: [
    ("redis+cluster://", "empty host"), ("redis+cluster://h1,,h2", "empty host"),
    ("redis+cluster://h1:7000/1", "no database but 0"),
    ("redis+cluster://h1/mymaster", "no database but 0"),
    ("redis+cluster://a@b@h1", "percent-encode"), ("redis+cluster://u@h1", "no password"),
    ("redis+cluster://h1?a=b", "no ?query"), ("redis+cluster://h1:99999", "port"),
  ])
  func saysWhatIsWrong(text: String, reason: String) throws {
    let error = #expect(throws: RedisAddressError.self) { try RedisLocation(parsing: text) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }
}
