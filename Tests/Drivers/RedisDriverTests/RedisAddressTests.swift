import RedisDriver
import Testing

@Suite struct RedisAddressTests {
  @Test func readsEveryPartOfATCPAddress() throws {
    let address = try RedisAddress(parsing: "redis://ann:p%40ss@db.example:6390/3")
    #expect(address.endpoint == .tcp(host: "db.example", port: 6390))
    #expect(address.user == "ann")
    #expect(address.password == "p@ss")
    #expect(address.database == 3)
  }

  @Test func fillsInWhatIsLeftOut() throws {
    let address = try RedisAddress(parsing: "redis://:secret@localhost")
    #expect(
      address == RedisAddress(endpoint: .tcp(host: "localhost", port: 6379), password: "secret"))
  }

  @Test func anotherSchemeIsForTLS() throws {
    let address = try RedisAddress(parsing: "rediss://ann:secret@db.example/1")
    #expect(address.usesTLS)
    #expect(address.endpoint == .tcp(host: "db.example", port: 6379))
    #expect(address.description == "rediss://db.example:6379/1")
    #expect(try !RedisAddress(parsing: "redis://db.example").usesTLS)
  }

  @Test func readsIPv6AndUnixSockets() throws {
    #expect(try RedisAddress(parsing: "redis://[::1]:1").endpoint == .tcp(host: "::1", port: 1))
    let socket = try RedisAddress(parsing: "unix:///run/redis.sock?db=2")
    #expect(socket.endpoint == .unixSocket(path: "/run/redis.sock"))
    #expect(socket.database == 2)
  }

  @Test(arguments: [
    ("http://host", "redis://"), ("host:6379", "redis://"),
    ("redis://", "host"), ("redis://host:0", "port"), ("redis://host/x", "database"),
    ("redis://host/-1", "database"), ("redis://ann@host", "password"),
    ("unix://relative", "absolute"), ("unix:///s?timeout=1", "option"),
    ("redis://host?db=1", "query"), ("redis://host:70000", "port"),
  ])
  func refusesAndNamesTheFault(text: String, fault: String) {
    let error = #expect(throws: RedisAddressError.self) { try RedisAddress(parsing: text) }
    #expect(error?.description.contains(fault) == true, "\(String(describing: error))")
  }

  @Test func neverShowsThePassword() throws {
    let address = try RedisAddress(parsing: "redis://ann:hunter2@host:1/1")
    #expect(address.description == "redis://host:1/1")
    var dumped = ""
    dump(address, to: &dumped)
    for text in ["\(address)", String(reflecting: address), String(describing: [address]), dumped] {
      #expect(!text.contains("hunter2"))
    }
    let error = #expect(throws: RedisAddressError.self) {
      try RedisAddress(parsing: "redis://ann:hunter2@ho st")
    }
    #expect(error?.description.contains("hunter2") == false)
  }
}
