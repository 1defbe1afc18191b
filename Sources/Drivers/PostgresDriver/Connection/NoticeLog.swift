import CLibPQ
import Logging

/// Where the server's notices go. They can quote data, hence debug.
final class NoticeLog: Sendable {
  private let logger: Logger

  init(_ logger: Logger) {
    self.logger = logger
  }

  /// Receives the notices of `connection`, which must be closed before this object goes.
  func attach(to connection: OpaquePointer) {
    PQsetNoticeReceiver(
      connection,
      { context, result in
        guard let context, let result else { return }
        Unmanaged<NoticeLog>.fromOpaque(context).takeUnretainedValue().log(result)
      },
      Unmanaged.passUnretained(self).toOpaque())
  }

  private func log(_ result: OpaquePointer) {
    let notice = PostgresError(result: result)
    logger.debug(
      "notice from PostgreSQL",
      metadata: [
        "sqlstate": "\(notice.sqlState ?? "")", "message": "\(notice.message)",
      ])
  }
}
