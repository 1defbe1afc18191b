/// Keeps who did what as an administrator, when, and to how many. Rows are only ever added.
///
/// Call it through `record`, so that no act is done that the log does not know of.
public protocol AuditLog: Sendable {
  /// Notes that an act begins.
  ///
  /// - Throws: when that cannot be written; then the act must not be done.
  func begin(_ act: AuditedAct) async throws(AuditError) -> AuditedBeginning

  /// Notes how an act has ended.
  ///
  /// - Throws: when that cannot be written. The act is done, and its beginning is in the log.
  func end(_ beginning: AuditedBeginning, _ ending: AuditedEnding) async throws(AuditError)
}

/// An administrative act: what is done, to what, by whom. Holds nothing personal but the actor.
public struct AuditedAct: Sendable, Equatable {
  /// Such as `dead-letters.purge`: the family, then the verb.
  public let action: String
  /// To what, in the words of the command or route that does it; nil where the action says it all.
  public let target: String?
  public let actor: AuditActor

  /// - Parameter actor: nil for the one who makes the request at hand.
  public init(_ action: String, target: String? = nil, by actor: AuditActor? = nil) {
    self.action = action
    self.target = target
    self.actor = actor ?? .current
  }
}

/// Who does an administrative act.
public enum AuditActor: Sendable, Equatable {
  /// The `sub` of a verified token.
  case token(subject: String)
  /// The user of the operating system who gives a command.
  case user(name: String)
  /// Whoever reaches a process that asks for no token.
  case anonymous(address: String?)

  /// Who makes the request at hand: whatever checks tokens sets it around the handler. A command sets its user.
  @TaskLocal public static var current = AuditActor.anonymous(address: nil)
}

extension AuditActor: CustomStringConvertible {
  /// As the log holds it.
  public var description: String {
    switch self {
    case .token(let subject): "token:\(subject)"
    case .user(let name): "user:\(name)"
    case .anonymous(let address?): "anonymous:\(address)"
    case .anonymous(nil): "anonymous"
    }
  }
}

/// An act that has begun.
public struct AuditedBeginning: Sendable, Equatable {
  public let act: AuditedAct
  /// The number of its row.
  public let row: Int64

  public init(_ act: AuditedAct, row: Int64) {
    self.act = act
    self.row = row
  }
}

/// How an act has ended.
public struct AuditedEnding: Sendable, Equatable {
  public let isDone: Bool
  /// How many were concerned; nil where that is not known.
  public let count: Int?
  /// What there is to say beside. Nothing personal.
  public let detail: String?

  public static func done(count: Int?, detail: String? = nil) -> AuditedEnding {
    AuditedEnding(isDone: true, count: count, detail: detail)
  }

  public static func failed(_ detail: String) -> AuditedEnding {
    AuditedEnding(isDone: false, count: nil, detail: detail)
  }
}

/// A row of the audit log could not be written.
public struct AuditError: Error, Sendable, Equatable, CustomStringConvertible {
  public let reason: String

  public init(_ reason: String) {
    self.reason = reason
  }

  public var description: String {
    "the audit log cannot be written, so nothing was done: \(reason)"
  }
}

extension AuditLog {
  /// Does an act, and notes its beginning before it and its end behind it. An end that cannot be written does
  /// not undo the act: its beginning stays in the log, and `onLostEnd` is told.
  ///
  /// - Parameters:
  ///   - count: how many an outcome concerned.
  ///   - body: the act. Its error is noted by its type alone: a description may quote what is personal.
  /// - Throws: `AuditError` when the beginning cannot be written, and what `body` throws.
  public func record<Outcome: Sendable>(
    _ act: AuditedAct, count: (Outcome) -> Int?,
    onLostEnd: (AuditError) -> Void = { _ in }, _ body: () async throws -> Outcome
  ) async throws -> Outcome {
    let beginning = try await begin(act)
    let outcome: Outcome
    do {
      outcome = try await body()
    } catch {
      do throws(AuditError) {
        try await end(beginning, .failed("\(type(of: error))"))
      } catch { onLostEnd(error) }
      throw error
    }
    do throws(AuditError) {
      try await end(beginning, .done(count: count(outcome)))
    } catch { onLostEnd(error) }
    return outcome
  }
}
