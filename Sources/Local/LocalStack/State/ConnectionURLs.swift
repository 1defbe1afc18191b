import FoundationEssentials
import Glibc

/// Where the servers of a stack are, under the names that ProgressBus' configuration gives them.
public struct ConnectionURLs: Sendable, Equatable {
  public var redis: String?
  public var database: String?
  public var influxDB: String?
  public var influxDBDatabase: String?
  public var bigQueryEmulator: String?
  public var progressBus: String?
  /// What else a command needs to see the same servers, by the names of variables.
  public var settings: [String: String] = [:]

  public init(
    redis: String? = nil, database: String? = nil, influxDB: String? = nil,
    influxDBDatabase: String? = nil, bigQueryEmulator: String? = nil, progressBus: String? = nil
  ) {
    self.redis = redis
    self.database = database
    self.influxDB = influxDB
    self.influxDBDatabase = influxDBDatabase
    self.bigQueryEmulator = bigQueryEmulator
    self.progressBus = progressBus
  }

  /// Those that exist, in a fixed order.
  public var environment: [(name: String, value: String)] {
    [
      ("REDIS_URL", redis), ("DATABASE_URL", database), ("INFLUXDB_URL", influxDB),
      ("INFLUXDB_DATABASE", influxDBDatabase), ("BIGQUERY_EMULATOR_HOST", bigQueryEmulator),
      ("PROGRESSBUS_URL", progressBus),
    ].compactMap { name, value in value.map { (name, $0) } }
      + settings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Replaces the file in one step. Only its owner can read it: it holds the database's password.
  /// Its lines, `NAME=value`, can be read by a shell (`set -a; . urls.env`) and by `docker --env-file`.
  /// - Throws: `LocalStackError.fileFailed`.
  public func write(to path: String) throws {
    let unfinished = "\(path).\(getpid())"
    let text = environment.map { "\($0.name)=\($0.value)\n" }.joined()
    guard
      FileManager.default.createFile(
        atPath: unfinished, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]),
      rename(unfinished, path) == 0
    else {
      throw LocalStackError.fileFailed(path: path, reason: String(cString: strerror(errno)))
    }
  }
}
