import Cryptography
import Foundation
public import HTTPServer
public import HTTPTypes
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
  let now: @Sendable () -> Int64

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

  func refusal(_ fault: TokenFault, needs required: RequiredAccess) -> Problem {
    refused.count(fault)
    return .refused(fault, needs: required)
  }

  func insufficientScope(_ required: RequiredAccess) -> Problem {
    refused.count(.scope)
    return .insufficientScope(required)
  }

  /// Counts an answer that a route or the live stream has refused because of its course.
  public func countOtherCourse() { refused.count(.course) }

  /// Another number whenever a token may have become another's, or nobody's.
  var revision: Int {
    (revocations?.revision ?? 0) &+ (verifier?.keys.revision ?? 0) << 32
  }

  func token(
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
