import Concurrency
public import NIOCore
import RedisDriver

/// What processes say of themselves, for other processes to show. A process that falls silent is still
/// listed for a while, with the age of what it said, and then forgotten.
public struct RedisProcessReports: Sendable {
  /// How long a silent process stays listed.
  private static let keptFor = Duration.seconds(600)

  static let scripts: [RedisScript] = [.postReport, .readReports]

  let keys: RedisKeys
  let client: RedisClient

  /// Puts this report in the place of the process's last one.
  public func post(_ body: ByteBuffer, from process: String) async throws(BusError) {
    _ = try await client.run(
      ScriptCall(
        .postReport, keys: [keys.workers],
        arguments: [.string(process), .bytes(body), .integer(Self.keptFor.millisecondsRoundedUp)]))
  }

  /// Forgets a process that ends.
  public func withdraw(_ process: String) async throws(BusError) {
    _ = try await client.send(["HDEL", .string(keys.workers), .string(process)])
  }

  /// Every process's last report, by name.
  public func all() async throws(BusError) -> [ProcessReport] {
    let reply = try await client.run(ScriptCall(.readReports, keys: [keys.workers]))
    return try (reply.array ?? []).map { (element) throws(BusError) in
      guard let parts = element.array, parts.count == 3, let process = parts[0].text,
        let age = parts[1].integer, let body = parts[2].bytes
      else { throw .unexpected("a process's report came as \(element)") }
      return ProcessReport(process: process, age: .milliseconds(age), body: body)
    }.sorted { $0.process < $1.process }
  }
}

/// What a process said of itself last.
public struct ProcessReport: Sendable, Equatable {
  /// The process's name, different from that of every other.
  public let process: String
  /// How long ago, by Redis's clock.
  public let age: Duration
  public let body: ByteBuffer

  public init(process: String, age: Duration, body: ByteBuffer) {
    self.process = process
    self.age = age
    self.body = body
  }
}
