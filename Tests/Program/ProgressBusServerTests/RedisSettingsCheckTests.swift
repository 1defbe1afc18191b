import EventBus
import Logging
import Testing

@testable import ProgressBusServer

@Suite struct RedisSettingsCheckTests {
  private func texts(_ report: RedisServerReport) -> [String] {
    RedisSettingsCheck.findings(report).map(\.text)
  }

  @Test func whatIsInOrderOrNotToldIsNotSpokenOf() {
    #expect(texts(RedisServerReport()).isEmpty)
    for version in ["7.0.0", "7.2.4", "8.2.3", "10.0.1", "255.255.255"] {
      let report = RedisServerReport(
        version: version, evictionPolicy: "noeviction", appendOnly: true)
      #expect(texts(report).isEmpty)
    }
  }

  @Test(arguments: ["6.2.5", "6.0.16", "5.0.0"]) func aVersionBefore7IsAnErrorThatNames7(
    version: String
  ) throws {
    let finding = try #require(
      RedisSettingsCheck.findings(RedisServerReport(version: version)).first)
    #expect(finding.level == .error)
    #expect(finding.text.contains("Redis \(version) is too old, Redis 7 is the least version"))
  }

  @Test func replicasThatNeedNotConfirmOrCannotAreNamed() {
    func texts(_ confirmed: Int, _ replicas: Int?, appendOnly: Bool? = true) -> [String] {
      RedisSettingsCheck.confirmationFindings(
        RedisServerReport(appendOnly: appendOnly), confirmed: confirmed, replicas: replicas
      ).map(\.text)
    }
    #expect(texts(2, 2).isEmpty)
    #expect(texts(2, nil, appendOnly: nil).isEmpty)
    let tooFew = texts(1, 2)
    #expect(tooFew.count == 1)
    #expect(tooFew[0].contains("there are 2 replicas, and 1 have to confirm"))
    #expect(tooFew[0].contains("set PROGRESSBUS_BUS_CONFIRMED_REPLICAS=2"))
    #expect(texts(2, 1).first?.contains("no event is taken: 2 replicas") == true)
    #expect(texts(2, 0).first?.contains("there are 0") == true)
    #expect(texts(2, 2, appendOnly: false).first?.contains("appendonly") == true)
  }

  @Test func whatIsWrongWithAClusterIsNamed() {
    func texts(_ replicas: [Int], uncovered: Int = 0, partitions: Int = 6) -> [String] {
      RedisSettingsCheck.findings(
        ClusterLayout(replicasOfMasters: replicas, uncoveredSlots: uncovered),
        partitions: partitions
      ).map(\.text)
    }
    #expect(texts([1, 1, 1]).isEmpty && texts([1, 2, 1, 1], partitions: 4).isEmpty)
    #expect(
      texts([1, 0, 0]).first?.hasPrefix("2 masters of the Redis cluster have no rep") == true)
    #expect(texts([1, 1]).first?.contains("has 2 masters: it takes three") == true)
    #expect(texts([1, 1, 1], uncovered: 5).first?.hasPrefix("5 slots") == true)
    #expect(texts([1, 1, 1], partitions: 2).first?.contains("PROGRESSBUS_BUS_PARTITIONS") == true)
  }

  @Test func evictionAndAMissingFileAreNamedWithTheirRemedy() {
    let found = texts(RedisServerReport(evictionPolicy: "allkeys-lru", appendOnly: false))
    #expect(found.count == 2)
    #expect(found[0].contains("set maxmemory-policy to noeviction, not allkeys-lru"))
    #expect(found[1].contains("set appendonly to yes"))
  }
}
