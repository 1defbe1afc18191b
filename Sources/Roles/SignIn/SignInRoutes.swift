public import Access
import Foundation
import HTTPServer
import HTTPTypes
public import Hummingbird
import JSONText
import NIOCore

/// How people sign in on the pages: a token is exchanged for a cookie that no script can read.
///
/// `ServerServices` lets `CrossOriginProtection` stand before these routes, as before all others: no page of
/// another origin can sign somebody in or out. A body has to be JSON besides, which no form can send.
public struct SignInRoutes: Sendable {
  /// The largest body, in bytes.
  private static let bodyLimit = 16_384

  private let access: AccessCheck
  private let cookies: SignInCookies
  private let openID: OpenIDRoutes?

  /// - Parameters:
  ///   - isAlwaysSecure: whether browsers reach the server by HTTPS alone.
  ///   - openID: nil where no provider is set.
  public init(access: AccessCheck, isAlwaysSecure: Bool = false, openID: OpenIDSignIn? = nil) {
    let cookies = SignInCookies(isAlwaysSecure: isAlwaysSecure)
    self.access = access
    self.cookies = cookies
    self.openID = openID.map { OpenIDRoutes(signIn: $0, cookies: cookies, access: access) }
  }

  public func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
    router.get("/sign-in") { request, _ in
      Response.signIn(body(of: try await caller(of: request)))
    }
    router.post("/sign-in") { request, _ in
      let (caller, cookie) = try await signIn(request)
      var response = Response.signIn(body(of: caller))
      if let cookie { response.headers.append(cookie) }
      return response
    }
    router.post("/sign-out") { request, _ in
      Response(
        status: .noContent,
        headers: [.setCookie: cookies.cleared(request).value, .cacheControl: "no-store"])
    }
    // There without a provider too, so that whoever follows an old link is told.
    router.get("/sign-in/openid") { request, _ in
      guard let openID else { throw Problem.notFound("no OpenID provider is set") }
      return await openID.begin(request)
    }
    router.get("/sign-in/openid/callback") { request, _ in
      guard let openID else { throw Problem.notFound("no OpenID provider is set") }
      return await openID.finish(request)
    }
  }

  /// Nil for nobody: without a token, or with one that is not good.
  private func caller(of request: Request) async throws(Problem) -> Caller? {
    do throws(Problem) {
      return try await access.callerIfSignedIn(request.headers)
    } catch {
      guard error.status == .unauthorized || error.status == .forbidden else { throw error }
      return nil
    }
  }

  private func signIn(_ request: Request) async throws -> (caller: Caller, cookie: HTTPField?) {
    let text = try await Self.token(in: request)
    guard access.asksForTokens else { return (.anyone, nil) }
    let caller = try await access.caller(ofToken: text, needs: .reading)
    guard let cookie = cookies.token(text, seconds: access.secondsLeft(of: caller) ?? 0, request)
    else {
      throw Problem(
        status: .contentTooLarge,
        detail: "the token is longer than a browser keeps; ask for one of fewer courses")
    }
    return (caller, cookie)
  }

  private static func token(in request: Request) async throws -> String {
    let buffer = try await request.jsonBody(upTo: bodyLimit)
    guard
      let body = try? JSONDecoder().decode(SignInBody.self, from: Data(buffer.readableBytesView))
    else { throw Problem.badRequest(#"the body must be {"token": "…"}"#) }
    return body.token
  }

  /// What a page has to know of who looks at it. The token is not in it.
  private func body(of caller: Caller?) -> ByteBuffer {
    let claims = caller?.token?.claims
    var json = JSONWriter(capacity: 512)
    json.object { json in
      json.member("required", access.asksForTokens)
      json.member("signed_in", claims != nil)
      json.member("subject", claims?.subject)
      json.array("scopes", (claims?.scopes ?? []).map(\.rawValue).sorted()) { $0.string($1) }
      json.member("seconds_left", caller.flatMap { access.secondsLeft(of: $0) }.map { Int($0) })
      json.member("provider", openID == nil ? nil : "/sign-in/openid")
    }
    return ByteBuffer(bytes: json.bytes)
  }
}

private struct SignInBody: Decodable {
  let token: String
}

extension Response {
  fileprivate static func signIn(_ body: ByteBuffer) -> Response {
    Response(
      status: .ok,
      headers: [
        .contentType: "application/json", .cacheControl: "no-store",
        .xContentTypeOptions: "nosniff",
      ],
      body: .init(byteBuffer: body))
  }
}
