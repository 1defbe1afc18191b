import Access
import HTTPServer
import HTTPTypes
import Hummingbird
import Logging

/// The way to the provider and back. Both are navigations, so what goes wrong is told to the page, which says it in
/// the reader's language.
struct OpenIDRoutes: Sendable {
  let signIn: OpenIDSignIn
  let cookies: SignInCookies
  let access: AccessCheck

  func begin(_ request: Request) async -> Response {
    let page = SignInAttempt.page(try? QueryParameters(request.uri.query ?? "")["page"])
    do throws(OpenIDFault) {
      let (location, attempt) = try await signIn.begin(
        page: page, redirectURI: redirectURI(request))
      return redirect(location, [cookies.attempt(attempt, request)])
    } catch {
      return failed(error, page: page, request)
    }
  }

  func finish(_ request: Request) async -> Response {
    var page = "/"
    do throws(OpenIDFault) {
      guard let query = try? QueryParameters(request.uri.query ?? "") else {
        throw .unknownAttempt
      }
      let attempt = try signIn.attempt(
        cookie: SignInCookies.attempt(of: request), state: query["state"])
      page = attempt.page
      let token = try await signIn.finish(
        attempt, query: query, redirectURI: redirectURI(request))
      guard let cookie = try await cookie(of: token, request) else { throw .tooManyCourses }
      // The browser follows without the new cookie, for the way began on another site. The page needs none: what
      // it then asks for by itself is sent with it.
      return redirect(page, [cookie, cookies.attemptCleared(request)])
    } catch {
      return failed(error, page: page, request)
    }
  }

  private func cookie(
    of token: String, _ request: Request
  ) async throws(OpenIDFault) -> HTTPField? {
    do throws(Problem) {
      let caller = try await access.caller(ofToken: token, needs: .reading)
      return cookies.token(token, seconds: access.secondsLeft(of: caller) ?? 0, request)
    } catch {
      throw .providerUnavailable(error.detail ?? "our own token was refused")
    }
  }

  private func redirectURI(_ request: Request) -> String {
    signIn.redirectURI(
      isSecure: cookies.isSecure(request), authority: request.head.authority ?? "localhost")
  }

  private func failed(_ fault: OpenIDFault, page: String, _ request: Request) -> Response {
    signIn.logger.notice("nobody was signed in", metadata: ["reason": "\(fault.reason)"])
    return redirect("\(page)#sign-in-failed=\(fault.word)", [cookies.attemptCleared(request)])
  }

  private func redirect(_ location: String, _ cookies: [HTTPField]) -> Response {
    var headers: HTTPFields = [
      .location: location, .cacheControl: "no-store", .referrerPolicy: "no-referrer",
    ]
    for cookie in cookies { headers.append(cookie) }
    return Response(status: .seeOther, headers: headers)
  }
}

extension HTTPField.Name {
  fileprivate static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
}
