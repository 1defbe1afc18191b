public import Hummingbird
import Logging
public import Observability

/// Notes in the audit log what a route does for somebody. Without a database there is no audit log, and the
/// process's own log has to do.
public struct AuditTrail: Sendable {
  let log: (any AuditLog)?

  /// - Parameter log: nil without a database for it.
  public init(log: (any AuditLog)?) { self.log = log }

  /// Does an act for whoever `AuditActor.current` says. What the log cannot take is not done.
  ///
  /// - Throws: `AuditError`, and what `body` throws.
  public func record<Outcome: Sendable>(
    _ action: String, target: String? = nil, _ context: some RequestContext,
    count: (Outcome) -> Int? = { _ in 1 }, _ body: () async throws -> Outcome
  ) async throws -> Outcome {
    guard let log else { return try await body() }
    return try await log.record(
      AuditedAct(action, target: target), count: count,
      onLostEnd: { error in
        context.logger.error(
          "an act is done, and its end is missing from the audit log",
          metadata: ["action": "\(action)", "error": "\(error.reason)"])
      }, body)
  }
}
