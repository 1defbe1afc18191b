import Events
import WorkerRuntime

/// What a worker process says of itself, for every dashboard to show.
struct WorkerReport: Codable, Equatable, Sendable {
  /// How one sink is doing there. Counts begin with the process.
  struct Sink: Codable, Equatable, Sendable {
    let name: String
    let state: SinkStatus.State
    /// Entries that are being written.
    let inFlight: Int
    let written: Int64
    let retries: Int64
    let deadLettered: Int64
    /// One line, without personal data; stays when later writes succeed.
    let lastError: String?
    let lastErrorAt: Int64?
  }

  /// In microseconds since 1970.
  let startedAt: Int64
  let sinks: [Sink]
}
