import Foundation
import Testing
import Yams

/// What `docker-compose config` cannot know about the stack.
@Suite struct ComposeFileTests {
  private let compose: String
  private let example: [String: String]

  init() throws {
    compose = try ShippedQueries.text("docker-compose.yml")
    var example: [String: String] = [:]
    for line in try ShippedQueries.text(".env.example").split(separator: "\n")
    where !line.hasPrefix("#") {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      example[String(parts[0])] = String(parts[1])
    }
    self.example = example
  }

  /// One example file documents every setting, with the default that applies without it.
  @Test func theExampleNamesEverySettingAndItsDefault() throws {
    var used: Set<String> = ["COMPOSE_PROJECT_NAME"]
    for variable in compose.matches(of: /\$\{([A-Z_]+)(:-|-|:\?)([^}]*)\}/) {
      let (name, operation, value) = (
        String(variable.output.1), variable.output.2, String(variable.output.3)
      )
      used.insert(name)
      #expect(example[name] == (operation == ":?" ? "" : value), "\(name)")
    }
    #expect(used == Set(example.keys))
    #expect(!compose.contains(/\$\{[A-Z_]+\}/), "a setting without a default or a reason")
  }

  @Test func noSecretHasAValue() {
    for (name, value) in example where name.contains(/PASSWORD|TOKEN|SALT/) {
      #expect(value.isEmpty, "\(name)")
    }
    for name in ["POSTGRES_PASSWORD", "INFLUXDB_PASSWORD", "INFLUXDB_TOKEN"] {
      #expect(!compose.contains("${\(name):-"), "\(name)")
    }
  }

  @Test func everyPortIsPublishedOnLoopback() throws {
    let services = try #require(try Yams.compose(yaml: compose)?["services"]?.mapping)
    var published = 0
    for (_, service) in services {
      for port in service["ports"]?.sequence ?? [] {
        published += 1
        #expect(try #require(port.string).hasPrefix("127.0.0.1:"))
      }
    }
    #expect(published == 7)
  }

  /// Nobody gets in without a token, and nothing starts before there is a secret.
  @Test func theStackMakesItsSecret() throws {
    #expect(!compose.contains("ALLOW_ANONYMOUS"))
    let services = try #require(try Yams.compose(yaml: compose)?["services"])
    for service in ["migrate", "notebook-token"] {
      let condition = services[service]?["depends_on"]?["secret"]?["condition"]?.string
      #expect(condition == "service_completed_successfully", "\(service)")
    }
    for service in ["migrate", "ingest", "worker", "dashboard"] {
      let file =
        services[service]?["environment"]?["PROGRESSBUS_JWT_SECRET_FILE"]?.string
        ?? services[service]?["environment"]?["<<"]?["PROGRESSBUS_JWT_SECRET_FILE"]?.string
        ?? services[service]?["environment"]?["<<"]?[0]?["PROGRESSBUS_JWT_SECRET_FILE"]?.string
      #expect(file == "/run/progressbus/jwt-secret", "\(service)")
    }
  }

  /// The schema is there before anything that uses it.
  @Test func everyRoleWaitsForTheMigrations() throws {
    let services = try #require(try Yams.compose(yaml: compose)?["services"])
    for role in ["ingest", "worker", "dashboard"] {
      let condition = services[role]?["depends_on"]?["migrate"]?["condition"]?.string
      #expect(condition == "service_completed_successfully", "\(role)")
    }
  }
}
