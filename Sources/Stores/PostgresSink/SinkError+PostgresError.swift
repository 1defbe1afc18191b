import PostgresDriver
import WorkerRuntime

extension SinkError {
  /// When a batch is tried again: always, but for what PostgreSQL says of the data itself, which alone
  /// condemns an event. A missing table, a wrong password or a full disk is no event's fault: those wait
  /// until someone has mended it. The text holds no DETAIL and no value.
  init(_ error: PostgresError) {
    self =
      switch error.category {
      case .data: .refused("\(error)")
      case .outOfTime: .outOfTime("\(error)")
      case .transient, .statementOrAccess: .unavailable("\(error)")
      }
  }
}
