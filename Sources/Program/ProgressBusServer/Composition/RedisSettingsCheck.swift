import EventBus
import Logging
import NIOPosix
import RedisDriver
import ServiceLifecycle

/// Says loudly what about the Redis server can lose events that were accepted, as soon as it can be asked.
struct RedisSettingsCheck: Service {
  /// One thing that is wrong with the server.
  struct Finding: Equatable {
    let level: Logger.Level
    let text: String
  }

  let bus: RedisEventBus
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do {
          for finding in try await Self.findings(of: bus) {
            logger.log(level: finding.level, "\(finding.text)")
          }
          return
        } catch {
          // The bus itself tells why it cannot be asked. Ends early only when the service does.
          try? await Task.sleep(for: .seconds(1))
        }
      }
    }
  }

  static func findings(of bus: RedisEventBus) async throws(BusError) -> [Finding] {
    let layout = try await bus.clusterLayout()
    let reports = try await bus.reports()
    var found: [Finding] =
      layout.map { findings($0, partitions: bus.journal.partitions.count) } ?? []
    // Nodes that are set alike are told of once.
    for finding in reports.flatMap(findings) where !found.contains(finding) {
      found.append(finding)
    }
    let confirmed = bus.confirmedReplicas
    guard confirmed > 0, let report = reports.first else { return found }
    if let layout {
      for replicas in Set(layout.replicasOfMasters).sorted() {
        for finding in confirmationFindings(report, confirmed: confirmed, replicas: replicas)
        where !found.contains(finding) { found.append(finding) }
      }
      return found
    }
    do throws(BusError) {
      let replicas = try await bus.replicasOfSentinels() ?? report.connectedReplicas
      return found + confirmationFindings(report, confirmed: confirmed, replicas: replicas)
    } catch {
      let text = "the Sentinels cannot be asked how many replicas there are: \(error)"
      return found + confirmationFindings(report, confirmed: confirmed, replicas: nil)
        + [Finding(level: .warning, text: text)]
    }
  }

  /// What keeps a cluster from being one.
  static func findings(_ layout: ClusterLayout, partitions: Int) -> [Finding] {
    var findings: [Finding] = []
    let masters = layout.replicasOfMasters.count
    if layout.uncoveredSlots > 0 {
      findings.append(
        Finding(
          level: .error,
          text:
            "\(layout.uncoveredSlots) slots of the Redis cluster are on no node: see CLUSTER SLOTS")
      )
    }
    if masters < 3 {
      findings.append(
        Finding(
          level: .warning,
          text:
            "the Redis cluster has \(masters) masters: it takes three for one that fails to be replaced"
        ))
    }
    let alone = layout.replicasOfMasters.count { $0 == 0 }
    if alone > 0 {
      findings.append(
        Finding(
          level: .warning,
          text: "\(alone) masters of the Redis cluster have no replica that could replace them"))
    }
    if partitions < masters {
      findings.append(
        Finding(
          level: .warning,
          text:
            "the journal has \(partitions) partitions (PROGRESSBUS_BUS_PARTITIONS), and the Redis cluster "
            + "\(masters) masters: some have none"))
    }
    return findings
  }

  /// What can lose events although replicas confirm them, and what lets none be confirmed.
  static func confirmationFindings(
    _ report: RedisServerReport, confirmed: Int, replicas: Int?
  ) -> [Finding] {
    let setting = "PROGRESSBUS_BUS_CONFIRMED_REPLICAS"
    var findings: [Finding] = []
    if let replicas, confirmed < replicas {
      findings.append(
        Finding(
          level: .error,
          text:
            "a failover can lose accepted events: there are \(replicas) replicas, and \(confirmed) have to "
            + "confirm events; set \(setting)=\(replicas)"))
    }
    if let replicas, confirmed > replicas {
      findings.append(
        Finding(
          level: .error,
          text:
            "no event is taken: \(confirmed) replicas have to confirm it (\(setting)), and there "
            + (replicas == 1 ? "is 1" : "are \(replicas)")))
    }
    if report.appendOnly == false {
      findings.append(
        Finding(
          level: .error,
          text: "replicas confirm what they hold in memory: set appendonly to yes on all of them"))
    }
    return findings
  }

  /// What Redis does not tell is no fault.
  static func findings(_ report: RedisServerReport) -> [Finding] {
    var findings: [Finding] = []
    if let version = report.version, report.isTooOld {
      findings.append(
        Finding(
          level: .error,
          text:
            "Redis \(version) is too old, Redis \(RedisServerReport.leastMajorVersion) is the least "
            + "version: older ones take events by script although min-replicas-to-write is not met")
      )
    }
    if let policy = report.evictionPolicy, policy != "noeviction" {
      findings.append(
        Finding(
          level: .error,
          text:
            "Redis may throw away events that were accepted: set maxmemory-policy to noeviction, "
            + "not \(policy)"))
    }
    if report.appendOnly == false {
      findings.append(
        Finding(
          level: .warning,
          text: "Redis forgets accepted events when it restarts: set appendonly to yes"))
    }
    return findings
  }
}

extension ServerConfiguration {
  /// What `check-config` says of a Redis whose replicas have to confirm events, or that is a cluster: whether they can, and
  /// whether that is enough, the settings alone do not tell. Empty where nothing is wrong, or nothing is asked.
  ///
  /// - Throws: `ConfigurationError`.
  public func replicaWarnings() async throws(ConfigurationError) -> [String] {
    var configuration = try bus()
    configuration.agreesOnPartitions = false
    let isCluster = if case .cluster = configuration.location { true } else { false }
    guard configuration.confirmedReplicas > 0 || isCluster else { return [] }
    var logger = Logger(label: "check-config")
    logger.logLevel = .critical
    do throws(BusError) {
      let bus = try await RedisEventBus.start(
        configuration, on: MultiThreadedEventLoopGroup.singleton, logger: logger)
      defer { bus.close() }
      var texts = try await RedisSettingsCheck.findings(of: bus).map(\.text)
      if let stored = try await bus.storedPartitions(), stored != configuration.partitions {
        texts.append(
          "the journal in Redis has \(stored) partitions: set PROGRESSBUS_BUS_PARTITIONS=\(stored), or empty it first"
        )
      }
      return texts
    } catch {
      return ["Redis cannot be asked for its \(isCluster ? "nodes" : "replicas"): \(error)"]
    }
  }
}
