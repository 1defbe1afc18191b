import EventBus
import Events
import HTTPServer
import Ingest
import NIOCore
import Observability
import Testing

@testable import ProgressBusServer

@Suite struct ServerConfigurationTests {
  private func configuration(
    _ overrides: [String: String]
  ) async throws -> ServerConfiguration {
    try ServerConfiguration(await ResolvedSettings.sample(overrides: overrides))
  }

  @Test(arguments: [
    "0.0.0.0", "::", "192.168.1.7", "example.org", "127.example.org", "127.0.0.1.example.org",
    "128.0.0.1", "::ffff:1.2.3.4",
  ]) func withoutALoginOnlyLoopbackIsListenedOn(_ host: String) async throws {
    let error = await #expect(throws: ConfigurationError.self) {
      try await configuration(["http.host": host])
    }
    #expect(error?.name == "PROGRESSBUS_HTTP_HOST")
    #expect(error?.reason.contains("PROGRESSBUS_INSECURE_ALLOW_ANONYMOUS=true") == true)
    let allowed = try await configuration([
      "http.host": host, "insecure_allow_anonymous": "true",
    ])
    #expect(allowed.host == host)
  }

  @Test(arguments: ["localhost", "127.0.0.1", "127.8.9.1", "::1"]) func loopbackByNameAndByNumber(
    _ host: String
  ) async throws {
    #expect(try await configuration(["http.host": host]).host == host)
  }

  @Test func aRolesMissingSettingIsNamedAndOnlyRolesThatNeedItMissIt() async throws {
    func failure(_ overrides: [String: String]) async throws -> ConfigurationError? {
      let configuration = try await configuration(overrides)
      do {
        try configuration.check()
        return nil
      } catch {
        return error
      }
    }
    #expect(try await failure(["roles": "ingest"]) == nil)
    #expect(try await failure(["roles": "ingest,dashboard"])?.name == "DATABASE_URL")
    let worker = ["roles": "worker"]
    #expect(try await failure(worker)?.name == "DATABASE_URL")
    let stored = worker.merging(["database.url": "postgresql://p"]) { $1 }
    #expect(try await failure(stored)?.name == "INFLUXDB_URL")
    #expect(try await failure(stored.merging(["worker.sinks": "postgres"]) { $1 }) == nil)
  }

  @Test(arguments: [
    ("database.url", "postgresql://u:hunter%zz2@h/d", "DATABASE_URL"),
    ("database.url", "hunter2", "DATABASE_URL"),
    ("database.migration_url", "postgresql://u:hunter2/x@h/d", "DATABASE_MIGRATION_URL"),
    ("ingest.allowed_origins", "https://a.example/", "PROGRESSBUS_INGEST_ALLOWED_ORIGINS"),
    ("ingest.allowed_origins", "*,a.example", "PROGRESSBUS_INGEST_ALLOWED_ORIGINS"),
    ("websocket.allowed_origins", "https://", "PROGRESSBUS_WEBSOCKET_ALLOWED_ORIGINS"),
  ]) func whatIsMalformedStopsEveryRole(
    _ key: String, _ value: String, _ name: String
  ) async throws {
    let configuration = try await configuration([key: value, "roles": "ingest"])
    let error = #expect(throws: ConfigurationError.self) { try configuration.check() }
    #expect(error?.name == name)
    #expect(error?.reason.contains("hunter") == false)
  }

  @Test func originsAreTakenAsBrowsersSendThem() async throws {
    let origins = "https://a.example,http://[::1]:8888,vscode-webview://1a2b,null,*"
    try await configuration(["ingest.allowed_origins": origins, "roles": "ingest"]).check()
  }

  @Test func everySinkWhoseServerIsNamedIsExpected() async throws {
    func expected(_ overrides: [String: String]) async throws -> Set<String> {
      try await configuration(overrides).expectedGroups
    }
    let alone = ["worker.sinks": "postgres", "database.url": "postgresql://p"]
    #expect(try await expected(alone) == ["postgres"])
    let both = alone.merging(["influxdb.url": "http://i"]) { $1 }
    #expect(try await expected(both) == ["postgres", "influxdb"])
    let given = both.merging(["journal.expected_groups": "postgres"]) { $1 }
    #expect(try await expected(given) == ["postgres"])
  }

  @Test(arguments: [
    "http://u:hunter2@r", "redis://u:hunter2@r:port", "redis://u:hunter2@r/x", "hunter2",
  ]) func aRedisAddressThatIsNoneIsRefusedWithoutItsPassword(_ url: String) async throws {
    let configuration = try await configuration(["redis.url": url])
    let error = #expect(throws: ConfigurationError.self) { try configuration.check() }
    #expect(error?.name == "REDIS_URL")
    #expect(error?.reason.contains("hunter2") == false)
  }

  @Test(arguments: ["redis://r/1", "redis://r/15", "unix:///run/redis.sock?db=2"])
  func anotherDatabaseNeedsANamespaceBecauseChannelsKnowNoDatabases(_ url: String) async throws {
    let configuration = try await configuration(["redis.url": url])
    let error = #expect(throws: ConfigurationError.self) { try configuration.check() }
    #expect(error?.name == "PROGRESSBUS_BUS_NAMESPACE")
    #expect(error?.reason.contains("REDIS_URL names database") == true)
    let named = try await self.configuration(["redis.url": url, "bus.namespace": "school-2"])
    #expect(try named.bus().keys.channel == "school-2:progress-events")
  }

  @Test func aClusterNeedsPartitionsAndHasNoOtherDatabase() async throws {
    let url = "redis+cluster://r1:7000,r2:7000"
    let one = try await configuration(["redis.url": url])
    let error = #expect(throws: ConfigurationError.self) { try one.check() }
    #expect(error?.name == "PROGRESSBUS_BUS_PARTITIONS")
    #expect(error?.reason.contains("2 at least on a Redis Cluster") == true)
    let six = try await configuration(["redis.url": url, "bus.partitions": "6"])
    #expect(try six.bus().keys == RedisKeys(partitions: 6, inCluster: true))
    let other = try await configuration(["redis.url": url + "/1", "bus.partitions": "6"])
    let refusal = #expect(throws: ConfigurationError.self) { try other.check() }
    #expect(refusal?.name == "REDIS_URL")
    #expect(refusal?.reason.contains("no database but 0: leave out /1") == true)
  }

  @Test func withoutANamespaceTheNamesAreThoseOfEver() async throws {
    let bus = try await configuration([:]).bus()
    #expect(bus.keys == RedisKeys())
    #expect(bus.keys.channel == "progress-events")
    #expect(bus.keys.journal == "progress-events:journal")
  }

  @Test(arguments: ["a b", "a:b", "ä", "a*", String(repeating: "n", count: 65)])
  func aNamespaceIsAPlainWord(_ namespace: String) async throws {
    let error = await #expect(throws: ConfigurationError.self) {
      try await configuration(["bus.namespace": namespace]).check()
    }
    #expect(error?.name == "PROGRESSBUS_BUS_NAMESPACE")
  }

  @Test func aWorkerAloneListensWhenAPortWasGiven() async throws {
    #expect(try await !configuration(["roles": "worker"]).listens)
    #expect(try await configuration(["roles": "worker", "http.port": "0"]).listens)
    #expect(try await configuration(["roles": "worker,ingest"]).listens)
  }

  @Test func limitsReachTheIngestEndpointAndTheConnections() async throws {
    let configuration = try await configuration([
      "ingest.body_bytes": "2048", "ingest.events_per_request": "7", "ingest.event_bytes": "512",
      "ingest.event_depth": "3", "ingest.hours_ahead": "1", "ingest.body_timeout_seconds": "2",
      "ingest.keep_work": "true", "ingest.allowed_origins": "https://a,https://b",
    ])
    #expect(configuration.ingest.bodyBytes == 2048)
    #expect(configuration.ingest.eventsPerRequest == 7)
    #expect(configuration.ingest.eventLimits.eventBytes == 512)
    #expect(configuration.ingest.eventLimits.depth == 3)
    #expect(configuration.ingest.eventLimits.microsecondsAhead == 3_600_000_000)
    #expect(configuration.ingest.keepsWork)
    #expect(configuration.ingest.allowedOrigins == ["https://a", "https://b"])
    #expect(configuration.httpServer.bodyTimeout == .seconds(2))
    let other = try await self.configuration(["http.head_timeout_seconds": "3"])
    #expect(other.httpServer.headTimeout == .seconds(3))
  }

  @Test(arguments: [
    "10.0.0.1/8", "10.0.0.0/33", "proxy.example", "192.0.2.7,nonsense", "2001:db8::/129",
  ]) func aTrustedProxyThatIsNoAddressIsRefusedByTheNameOfTheSetting(_ text: String) async throws {
    let configuration = try await configuration(["http.trusted_proxies": text])
    let error = #expect(throws: ConfigurationError.self) { try configuration.check() }
    #expect(error?.name == "PROGRESSBUS_HTTP_TRUSTED_PROXIES")
    #expect(error?.reason.contains("10.0.0.0/8") == true)
  }

  @Test func trustedProxiesAreBelievedInTheHeaderThatIsNamed() async throws {
    let peer = try #require(ClientAddress("10.1.2.3"))
    var overrides = ["http.trusted_proxies": "10.0.0.0/8, 2001:db8::/32"]
    var proxies = try await configuration(overrides).trustedProxies()
    #expect(proxies.headerName == "x-forwarded-for")
    #expect(proxies.client(behind: peer, lines: ["192.0.2.1"]).description == "192.0.2.1")
    overrides["http.proxy_header"] = "forwarded"
    proxies = try await configuration(overrides).trustedProxies()
    #expect(proxies.client(behind: peer, lines: ["for=192.0.2.1"]).description == "192.0.2.1")
  }

  @Test func aRateOfZeroSwitchesALimitOff() async throws {
    let metrics = MetricsRegistry()
    let proxies = TrustedProxies()
    #expect(try await configuration([:]).requestLimits(proxies: proxies, metrics: metrics) != nil)
    let off = try await configuration(["limits.address_requests_per_second": "0"])
    #expect(off.requestLimits(proxies: proxies, metrics: metrics) == nil)
  }
}
