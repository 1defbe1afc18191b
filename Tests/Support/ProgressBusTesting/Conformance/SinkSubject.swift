public import WorkerRuntime

/// A sink over a real server, as the conformance suite needs it.
public protocol SinkSubject: Sendable {
  /// A sink over the running server; the suite closes it.
  func makeSink() async throws -> any Sink

  /// How many records the server holds for each of these event ids; an id without any is left out.
  func storedCounts(_ eventIDs: [String]) async throws -> [String: Int]

  /// A notebook event that the sink refuses for good, as one canonical JSON object with this id.
  func refusedPayload(eventID: String) -> String

  /// Takes the server away, so that connections break and are refused.
  func stopServer() async throws

  /// Brings the same server back, with its data.
  func startServer() async throws
}
