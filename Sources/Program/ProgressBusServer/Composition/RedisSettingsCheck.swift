import EventBus
import Logging
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
          for finding in Self.findings(try await bus.report()) {
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
