import RedisDriver
import Testing

@Suite struct RedisSentinelsTests {
  @Test func readsEveryPart() throws {
    let text = "redis+sentinel://ann:p%40ss@a.example:26380,b.example,[::1]:7/my-master.1/3"
    let sentinels = try RedisSentinels(parsing: text)
    #expect(
      sentinels.endpoints == [
        .init(host: "a.example", port: 26380), .init(host: "b.example", port: 26379),
        .init(host: "::1", port: 7),
      ])
    #expect(sentinels.masterName == "my-master.1")
    #expect(sentinels.database == 3)
    #expect(!sentinels.usesTLS)
    #expect(
      sentinels.server(at: .init(host: "10.0.0.7", port: 6379))
        == RedisAddress(
          endpoint: .tcp(host: "10.0.0.7", port: 6379), user: "ann", password: "p@ss", database: 3))
    // The password is the server's; a Sentinel has one of its own.
    #expect(
      sentinels.sentinel(at: sentinels.endpoints[0])
        == RedisAddress(endpoint: .tcp(host: "a.example", port: 26380)))
  }

  @Test func theOtherSchemeIsForTLS() throws {
    let location = try RedisLocation(
      parsing: "rediss+sentinel://:secret@a/m", sentinelPassword: "other")
    guard case .sentinels(let sentinels) = location else {
      Issue.record("\(location)")
      return
    }
    #expect(location.usesTLS)
    #expect(location.database == 0)
    let sentinel = sentinels.sentinel(at: sentinels.endpoints[0])
    #expect(sentinel.usesTLS)
    #expect(sentinel.password == "other")
    #expect(sentinels.description == "rediss+sentinel://a:26379/m/0")
  }

  @Test func everyOtherAddressIsAServers() throws {
    for text in ["redis://:x@host:1/2", "rediss://host", "unix:///run/redis.sock"] {
      #expect(try RedisLocation(parsing: text) == .server(RedisAddress(parsing: text)))
    }
    let error = #expect(throws: RedisAddressError.self) {
      try RedisLocation(parsing: "http://host")
    }
    let before = #expect(throws: RedisAddressError.self) {
      try RedisAddress(parsing: "http://host")
    }
    #expect(error == before)
  }

  @Test(arguments: [
    ("redis+sentinel://a,b", "names no master"), ("redis+sentinel://a,b/", "names no master"),
    ("redis+sentinel:///m", "empty host"), ("redis+sentinel://a,,b/m", "empty host"),
    ("redis+sentinel://a:0/m", "port"), ("redis+sentinel://a/m/x", "database"),
    ("redis+sentinel://a/m/1/2", "more than"), ("redis+sentinel://a/m?db=1", "query"),
    ("redis+sentinel://a/m m", "name"), ("redis+sentinel://ann@a/m", "password"),
    ("redis+sentinel://ann:p@ss@a/m", "percent-encode"),
  ])
  func refusesAndNamesTheFault(text: String, fault: String) {
    let error = #expect(throws: RedisAddressError.self) { try RedisLocation(parsing: text) }
    #expect(error?.description.contains(fault) == true, "\(String(describing: error))")
  }

  @Test func neverShowsThePassword() throws {
    let location = try RedisLocation(
      parsing: "redis+sentinel://ann:hunter2@a,b/m/1", sentinelPassword: "hunter3")
    var dumped = ""
    dump(location, to: &dumped)
    for text in ["\(location)", String(reflecting: location), dumped] {
      #expect(!text.contains("hunter"))
    }
  }
}
