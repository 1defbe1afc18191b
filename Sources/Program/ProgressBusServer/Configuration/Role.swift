/// What a process does. Any number of processes of a role can run side by side.
public enum Role: String, Sendable, CaseIterable {
  /// Takes events over HTTP.
  case ingest
  /// Stores events in the sinks and adopts what was published by hand.
  case worker
  /// Serves the pages, the read API and the WebSocket.
  case dashboard
}
