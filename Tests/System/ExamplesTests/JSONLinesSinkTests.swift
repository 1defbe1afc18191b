import Foundation
import ProgressBusTesting
import SinkExample
import Testing
import WorkerRuntime

/// The sink of `Examples/Sink`: what every sink promises, and what a file makes of it.
@Suite struct JSONLinesSinkTests {
  @Test(arguments: SinkConformance.allCases)
  func keepsThePromisesOfEverySink(promise: SinkConformance) async throws {
    try await withTemporaryFolder("json-lines") { folder in
      try await promise.check(JSONLinesSubject(folder: "\(folder)/events"))
    }
  }

  @Test func twoWorkersOnOneFileStoreAnEventOnce() async throws {
    try await withTemporaryFolder("json-lines") { folder in
      let subject = JSONLinesSubject(folder: "\(folder)/events")
      let (one, other) = (try await subject.makeSink(), try await subject.makeSink())
      let events = SampleEvents.make(100)
      try await withThrowingTaskGroup(of: [Refusal].self) { group in
        for sink in [one, other] {
          for start in stride(from: 0, to: 100, by: 10) {
            group.addTask { try await sink.write(Array(events.entries[start..<start + 10])) }
          }
        }
        for try await refusals in group { #expect(refusals.isEmpty) }
      }
      let counts = try await subject.storedCounts(events.ids)
      #expect(counts == Dictionary(uniqueKeysWithValues: events.ids.map { ($0, 1) }))
    }
  }

  @Test func aLineThatACrashLeftHalfIsCutOff() async throws {
    try await withTemporaryFolder("json-lines") { folder in
      let subject = JSONLinesSubject(folder: "\(folder)/events")
      let events = SampleEvents.make(3)
      _ = try await subject.makeSink().write(Array(events.entries[..<2]))
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: subject.path))
      try file.truncate(atOffset: try file.seekToEnd() - 5)
      try file.close()
      #expect(try await subject.makeSink().write(events.entries) == [])
      let counts = try await subject.storedCounts(events.ids)
      #expect(counts == Dictionary(uniqueKeysWithValues: events.ids.map { ($0, 1) }))
    }
  }
}

/// A file in a folder of its own; without the folder the "server" is away.
struct JSONLinesSubject: SinkSubject {
  let folder: String
  var path: String { "\(folder)/events.ndjson" }

  func makeSink() async throws -> any Sink {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return JSONLinesSink(path: path)
  }

  func storedCounts(_ eventIDs: [String]) async throws -> [String: Int] {
    var counts: [String: Int] = [:]
    let asked = Set(eventIDs)
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
      let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      let id = try #require(event?["event_id"] as? String)
      if asked.contains(id) { counts[id, default: 0] += 1 }
    }
    return counts
  }

  func refusedPayload(eventID: String) -> String {
    "{\"event_id\":\"\(eventID)\",\n\"event_type\":\"help\"}"
  }

  func stopServer() async throws {
    try FileManager.default.moveItem(atPath: folder, toPath: folder + "-away")
  }

  func startServer() async throws {
    try FileManager.default.moveItem(atPath: folder + "-away", toPath: folder)
  }
}
