import Events
import Logging
import Testing
import WorkerRuntime

@testable import ProgressBusServer

@Suite struct SinkRegistryTests {
  @Test func everySinkIsTakenWhereSinksAreNamed() throws {
    for key in ["worker.sinks", "journal.expected_groups"] {
      let setting = try #require(Settings.all.first { $0.key == key })
      #expect(setting.kind == .list(of: SinkRegistry.names))
    }
    #expect(SinkRegistry.deadLetterNames == ["bus"] + SinkRegistry.names + ["bigquery"])
    #expect(Set(SinkRegistry.deadLetterNames).count == SinkRegistry.names.count + 2)
  }

  @Test func theSettingsOfEverySinkAreAmongAll() {
    let keys = Set(Settings.all.map(\.key))
    for declaration in SinkRegistry.all {
      #expect(keys.isSuperset(of: declaration.settings.map(\.key)))
    }
    #expect(keys.count == Settings.all.count)
  }

  @Test func everySinkBearsTheNameUnderWhichItIsDeclared() async throws {
    let configuration = try ServerConfiguration(
      await .sample(environment: [
        "DATABASE_URL": "postgresql://localhost/x", "INFLUXDB_URL": "http://localhost:1",
        "INFLUXDB_DATABASE": "x",
      ]))
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    for declaration in SinkRegistry.all {
      let sink = try declaration.configure(configuration)(.standard, logger)
      #expect(sink.name == declaration.name)
      await sink.close()
    }
  }

  @Test func aSinkWithoutItsSettingsIsRefused() async throws {
    let configuration = try ServerConfiguration(await .sample())
    for declaration in SinkRegistry.all {
      #expect(throws: ConfigurationError.self) { _ = try declaration.configure(configuration) }
    }
  }
}
