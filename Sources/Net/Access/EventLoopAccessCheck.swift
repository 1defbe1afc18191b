public import HTTPServer
import JSONText

/// What a connection sent last, and whose it was found to be: as long as neither changes, a request costs no digest and no
/// look-up. Stays on the connection's loop.
public struct KnownAuthorization {
  fileprivate let field: String
  fileprivate let token: VerifiedToken
  /// The state of keys and revocations that it was found under.
  fileprivate let revision: Int
}

/// The check as one event loop has it: with verified tokens of its own, so that no request waits for another
/// thread. Stays on its loop.
public struct EventLoopAccessCheck {
  /// What a request's header says.
  public enum Finding: Sendable {
    case caller(Caller)
    case refused(Problem)
    /// The token names a key that has to be asked for; see `callerOnceKeyIsKnown`.
    case unknownKey(String)
  }

  private let check: AccessCheck
  private var cache = VerifiedTokenCache()

  public init(_ check: AccessCheck) { self.check = check }

  /// - Parameters:
  ///   - authorization: the field's value; several joined by commas, which no token has.
  ///   - known: what the connection has sent before.
  public mutating func find(
    authorization: String?, known: inout KnownAuthorization?, needs required: RequiredAccess
  ) -> Finding {
    guard check.asksForTokens else { return .caller(.anyone) }
    if let authorization, let known, known.field.isSame(authorization),
      known.revision == check.revision, check.now() < known.token.goodUntil
    {
      return finding(known.token, needs: required)
    }
    do throws(TokenFault) {
      guard let authorization else { throw .missing }
      let text = try Credentials.bearer(authorization)
      do throws(TokenFault) {
        // Before the look, so that a change in between is met with the next request.
        let revision = check.revision
        let token = try check.token(text, cache: &cache)
        known = KnownAuthorization(field: authorization, token: token, revision: revision)
        return finding(token, needs: required)
      } catch {
        guard error == .unknownKey else { throw error }
        return .unknownKey(text)
      }
    } catch {
      return .refused(check.refusal(error, needs: required))
    }
  }

  private func finding(_ token: VerifiedToken, needs required: RequiredAccess) -> Finding {
    let caller = Caller(token: token)
    return caller.hasScope(for: required)
      ? .caller(caller) : .refused(check.insufficientScope(required))
  }

  /// Who sent the token, once its key was asked for. To be called on any thread.
  public func callerOnceKeyIsKnown(
    _ text: String, needs required: RequiredAccess
  ) -> @Sendable () async -> Result<Caller, Problem> {
    { [check] in
      do throws(Problem) {
        return .success(try await check.callerOnceKeyIsKnown(text, needs: required))
      } catch {
        return .failure(error)
      }
    }
  }
}
