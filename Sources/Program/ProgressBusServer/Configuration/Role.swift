/// What a process does. Any number of processes of a role can run side by side.
public enum Role: String, Sendable, CaseIterable {
  /// Takes events over HTTP.
  case ingest
  /// Stores events in the sinks and adopts what was published by hand.
  case worker
  /// Serves the pages, the read API and the WebSocket.
  case dashboard
  /// Reads completed sessions from Firestore, and tells their documents what became of them.
  case firestoreSource = "firestore-source"

  /// Those of a process that is not told otherwise.
  static let usual: [Role] = [.ingest, .worker, .dashboard]
}
