import Cryptography
import Foundation
public import HTTPServer
public import HTTPTypes
import JSONText
import NIOConcurrencyHelpers
public import NIOHTTP1

/// The one place where tokens are checked: for routes, for the ingest's fast path and for WebSockets.
/// From any thread.
public final class AccessCheck: Sendable {
  /// The cookie that a browser keeps its token in.
  public static let cookieName = "progressbus_token"

  /// Nobody has to log in.
  public static let open = AccessCheck(verifier: nil, revocations: nil, refused: .uncounted) { 0 }

  private let verifier: TokenVerifier?
  private let revocations: RevocationList?
  private let refused: RefusedRequests
  private let cache = NIOLockedValueBox(VerifiedTokenCache())
  fileprivate let now: @Sendable () -> Int64

  /// - Parameter now: in seconds since 1970.
  public convenience init(
    rules: TokenRules, keys: KeyStore, revocations: RevocationList,
    refused: RefusedRequests = .uncounted,
    now: @escaping @Sendable () -> Int64 = AccessCheck.systemSeconds
  ) {
    self.init(
      verifier: TokenVerifier(rules: rules, keys: keys), revocations: revocations, refused: refused,
      now: now)
  }

  private init(
    verifier: TokenVerifier?, revocations: RevocationList?, refused: RefusedRequests,
    now: @escaping @Sendable () -> Int64
  ) {
    self.verifier = verifier
    self.revocations = revocations
    self.refused = refused
    self.now = now
  }

  public static let systemSeconds: @Sendable () -> Int64 = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec)
  }

  /// Whether tokens are asked for.
  public var asksForTokens: Bool { verifier != nil }

  /// Who sends a request. Waits only where a key has to be fetched that was unknown so far.
  ///
  /// - Parameter isChange: whether the method is unsafe (RFC 9110, section 9.2.1).
  /// - Throws: the problem that answers it: 401, 403, or 503 where keys or revocations are not known yet.
  public func caller(
    _ fields: HTTPFields, isChange: Bool = false, needs required: RequiredAccess
  ) async throws(Problem) -> Caller {
    let credentials = Credentials(
      authorization: fields[values: .authorization], cookies: fields[values: .cookie],
      mayUseCookie: !isChange || !fields[values: .origin].isEmpty
        || !fields[values: .secFetchSite].isEmpty)
    return try await caller(credentials, needs: required)
  }

  /// Who has signed in; nil for nobody. Somebody who has no token asks for nothing that could be refused.
  ///
  /// - Throws: as for a request that needs any scope.
  public func callerIfSignedIn(_ fields: HTTPFields) async throws(Problem) -> Caller? {
    guard asksForTokens else { return .anyone }
    let credentials = Credentials(
      authorization: fields[values: .authorization], cookies: fields[values: .cookie],
      mayUseCookie: true)
    let text: String
    do throws(TokenFault) { text = try credentials.token() } catch {
      if error == .missing { return nil }
      throw refusal(error, needs: .signedIn)
    }
    return try await caller(ofToken: text, needs: .signedIn)
  }

  /// Who opens a WebSocket.
  public func caller(
    ofHandshake head: HTTPRequestHead, needs required: RequiredAccess
  ) async throws(Problem) -> Caller {
    let credentials = Credentials(
      authorization: head.headers["authorization"], cookies: head.headers["cookie"],
      // The route has compared it already.
      mayUseCookie: !head.headers["origin"].isEmpty)
    return try await caller(credentials, needs: required)
  }

  /// Whose a token is that somebody signs in with.
  ///
  /// - Throws: the problem that answers it, as for a request that is sent with the token.
  public func caller(
    ofToken text: String, needs required: RequiredAccess
  ) async throws(Problem) -> Caller {
    guard asksForTokens else { return .anyone }
    let verified: VerifiedToken
    do throws(TokenFault) { verified = try token(text) } catch {
      if error == .unknownKey { return try await callerOnceKeyIsKnown(text, needs: required) }
      throw refusal(error, needs: required)
    }
    return try admitted(verified, needs: required)
  }

  /// Whether a token would be taken now, whatever for.
  ///
  /// - Returns: why not; nil when it would.
  public func fault(ofToken text: String) async -> TokenFault? {
    await verifier?.keys.askForUnknownKey()
    do throws(TokenFault) {
      if asksForTokens { _ = try token(text) }
      return nil
    } catch {
      return error
    }
  }

  /// Whether a caller who was let in may stay.
  public func isStillGood(_ caller: Caller) -> Bool {
    guard let token = caller.token, let revocations else { return true }
    return now() < token.goodUntil && (try? revocations.refuse(token.claims)) != nil
  }

  /// How long a caller may stay, in seconds; nil for ever.
  public func secondsLeft(of caller: Caller) -> Int64? {
    caller.token.map { max(0, $0.goodUntil - now()) }
  }

  private func caller(
    _ credentials: Credentials, needs required: RequiredAccess
  ) async throws(Problem) -> Caller {
    guard asksForTokens else { return .anyone }
    guard required.scopes != nil else { return .nobody }
    let text: String
    do throws(TokenFault) { text = try credentials.token() } catch {
      throw refusal(error, needs: required)
    }
    return try await caller(ofToken: text, needs: required)
  }

  /// Looks again, once the key set was fetched for a key that was not in it.
  func callerOnceKeyIsKnown(
    _ text: String, needs required: RequiredAccess
  ) async throws(Problem) -> Caller {
    await verifier?.keys.askForUnknownKey()
    let verified: VerifiedToken
    do throws(TokenFault) { verified = try token(text) } catch {
      throw refusal(error, needs: required)
    }
    return try admitted(verified, needs: required)
  }

  private func token(_ text: String) throws(TokenFault) -> VerifiedToken {
    do {
      return try cache.withLockedValue { cache in try token(text, cache: &cache) }
    } catch let fault as TokenFault {
      throw fault
    } catch {
      preconditionFailure("only faults of tokens are thrown above: \(error)")
    }
  }

  private func admitted(
    _ token: VerifiedToken, needs required: RequiredAccess
  ) throws(Problem) -> Caller {
    let caller = Caller(token: token)
    guard caller.hasScope(for: required), caller.hasCourse(for: required) else {
      throw insufficientScope(required)
    }
    return caller
  }

  fileprivate func refusal(_ fault: TokenFault, needs required: RequiredAccess) -> Problem {
    refused.count(fault)
    return .refused(fault, needs: required)
  }

  fileprivate func insufficientScope(_ required: RequiredAccess) -> Problem {
    refused.count(.scope)
    return .insufficientScope(required)
  }

  /// Counts an answer that a route or the live stream has refused because of its course.
  public func countOtherCourse() { refused.count(.course) }

  /// Another number whenever a token may have become another's, or nobody's.
  fileprivate var revision: Int {
    (revocations?.revision ?? 0) &+ (verifier?.keys.revision ?? 0) << 32
  }

  fileprivate func token(
    _ text: String, cache: inout VerifiedTokenCache
  ) throws(TokenFault) -> VerifiedToken {
    guard let verifier, let revocations else {
      preconditionFailure("where nobody has to log in, no token is looked at")
    }
    let digest = SHA256Digest(of: text)
    let now = now()
    // Taken before the look, so that a change in between is met with the next request.
    let revision = revision
    if let known = cache.token(digest, revision: revision, now: now) { return known }
    let token = try verifier.verify(text, now: now)
    try revocations.refuse(token.claims)
    cache.keep(token, digest)
    return token
  }
}

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
        // Taken before the look, as by the cache.
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

/// Where a token stands in a request.
private struct Credentials {
  let authorization: [String]
  let cookies: [String]
  /// Browsers send cookies with whatever any page asks. Where something is changed, only a request that says
  /// which page it comes from may be signed in by one; others have compared that page already.
  let mayUseCookie: Bool

  func token() throws(TokenFault) -> String {
    if !authorization.isEmpty || cookies.isEmpty { return try Self.bearer(authorization) }
    let texts = CookieValues.of(AccessCheck.cookieName, in: cookies)
    guard let text = texts.first, mayUseCookie else { throw .missing }
    guard texts.count == 1 else { throw .severalAtOnce }
    return text
  }

  /// RFC 6750, section 2.1. Other schemes are no tokens of ours.
  static func bearer(_ fields: [String]) throws(TokenFault) -> String {
    guard let field = fields.first else { throw .missing }
    guard fields.count == 1 else { throw .severalAtOnce }
    return try bearer(field)
  }

  static func bearer(_ field: String) throws(TokenFault) -> String {
    let bytes = field.utf8
    let scheme: StaticString = "bearer "
    guard bytes.count > scheme.utf8CodeUnitCount else { throw .missing }
    var end = bytes.startIndex
    for place in 0..<scheme.utf8CodeUnitCount {
      let (byte, expected) = (bytes[end], scheme.utf8Start[place])
      let isLetter = expected != UInt8(ascii: " ")
      guard byte == expected || isLetter && byte | 0x20 == expected else { throw .missing }
      end = bytes.index(after: end)
    }
    return String(bytes[end...].drop { $0 == UInt8(ascii: " ") }) ?? ""
  }
}

extension Problem {
  /// RFC 6750, section 3.
  static func refused(_ fault: TokenFault, needs required: RequiredAccess) -> Problem {
    if fault.isOfTheServer {
      return Problem(status: .serviceUnavailable, detail: fault.description, retryAfter: 1)
    }
    let challenge =
      fault == .missing
      ? realm
      : "\(realm), error=\"invalid_token\", error_description=\"\(fault.description)\""
    return Problem(
      status: .unauthorized,
      detail: "\(fault.description); \(needed(required)), sent as Authorization: Bearer",
      fields: [.wwwAuthenticate: challenge])
  }

  static func insufficientScope(_ required: RequiredAccess) -> Problem {
    let scopes = (required.scopes ?? []).map(\.rawValue).joined(separator: " ")
    return Problem(
      status: .forbidden, detail: "the token is not enough; \(needed(required))",
      fields: [
        .wwwAuthenticate: "\(realm), error=\"insufficient_scope\", scope=\"\(scopes)\""
      ])
  }

  /// The same whether the course exists or not.
  public static func otherCourse() -> Problem {
    Problem(status: .forbidden, detail: "the token is not for this course")
  }

  private static let realm = "Bearer realm=\"ProgressBus\""

  private static func needed(_ required: RequiredAccess) -> String {
    let scopes = (required.scopes ?? []).map(\.rawValue).joined(separator: " or ")
    let course = required.course.map { " and course \($0)" } ?? ""
    return "this needs a token with scope \(scopes)\(course)"
  }
}

extension HTTPField.Name {
  fileprivate static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
}
