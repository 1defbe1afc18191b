import Logging
import NIOConcurrencyHelpers

/// Says once that Redis is out of reach, and once that it is back, however many connections of the
/// process notice. Safe from any thread.
final class OutageLog: Sendable {
  private let down = NIOLockedValueBox<Set<ObjectIdentifier>>([])
  private let logger: Logger

  init(logger: Logger) {
    self.logger = logger
  }

  /// - Parameter connection: Who noticed; the same object must say `isBack`.
  func isLost(_ connection: AnyObject, _ error: BusError) {
    let isFirst = down.withLockedValue { down in
      let wasEmpty = down.isEmpty
      down.insert(ObjectIdentifier(connection))
      return wasEmpty
    }
    if isFirst { logger.warning("Redis is out of reach", metadata: ["error": "\(error)"]) }
  }

  /// - Parameter address: Where the connection leads.
  func isBack(_ connection: AnyObject, at address: String) {
    let wasLast = down.withLockedValue { down in
      down.remove(ObjectIdentifier(connection)) != nil && down.isEmpty
    }
    if wasLast { logger.notice("connected to Redis again", metadata: ["at": "\(address)"]) }
  }

  /// A connection that was closed on purpose is neither lost nor back.
  func forget(_ connection: AnyObject) {
    down.withLockedValue { _ = $0.remove(ObjectIdentifier(connection)) }
  }
}
