import Access
import CurlTransport
import Foundation
import Logging
import SignIn

/// Settings of signing in on the pages.
extension Settings {
  private static let rules = OpenIDAccessRules()

  static let signIn: [Setting] = [
    Setting(
      "http.public_url", .text,
      "Where browsers reach the server, such as `https://class.school.example`: for sign-in links and an OpenID provider. "
        + "Default: its own address."),
    Setting(
      "openid.issuer", .text,
      "The OpenID provider at which people sign in on the pages: its issuer identifier, an `https` URL."
    ),
    Setting("openid.client_id", .text, "What the provider calls this server."),
    Setting(
      "openid.client_secret", .text, secret: true,
      "The password that the provider gave this server. Default: none, as for a public client."),
    Setting(
      "openid.scopes", .list(), default: "profile",
      "What the provider is asked for beside `openid`."),
    Setting(
      "openid.roles_claim", .text, default: rules.rolesClaim,
      "The claim of the ID token that names somebody's roles or groups; `realm_access.roles` is a path."
    ),
    Setting(
      "openid.admin_roles", .list(), default: rules.adminRoles.joined(separator: ","),
      "Whoever has one of these gets scope `admin`."),
    Setting(
      "openid.teacher_roles", .list(), default: rules.teacherRoles.joined(separator: ","),
      "Whoever has one of these gets scope `dashboard` for their courses."),
    Setting(
      "openid.courses_claim", .text, default: rules.coursesClaim,
      "The claim that names a teacher's courses."),
    Setting(
      "openid.course_role_prefix", .text,
      "What a role begins with whose rest names a course. Default: no role names one."),
    Setting(
      "openid.session_hours", .integer(1...720), default: "12",
      "How long somebody stays signed in."),
  ]
}

extension ServerConfiguration {
  /// Where browsers reach the server, without a slash at the end.
  ///
  /// - Throws: when it is not set, and the port is chosen by the system.
  public func publicURL() throws(ConfigurationError) -> String {
    if let given = try givenPublicURL() { return given }
    guard port != 0 else {
      throw ConfigurationError(
        "PROGRESSBUS_HTTP_PUBLIC_URL", "is not set, and the port is chosen at the start")
    }
    return try HealthProbe.baseURL(settings)
  }

  /// The name under which browsers reach the server, where it is set.
  var publicHost: String? {
    settings.text("http.public_url").flatMap { URLComponents(string: $0)?.host }
  }

  /// A link that signs in on the teachers' page: what stands behind `#` never leaves the browser by itself.
  ///
  /// - Parameters:
  ///   - token: of scope `dashboard` or `admin`.
  ///   - query: of the page, such as `?course=py101`.
  /// - Throws: as `publicURL()` does.
  public func signInLink(_ token: String, query: String = "") throws(ConfigurationError) -> String {
    "\(try publicURL())/\(query)#token=\(token)"
  }

  private func givenPublicURL() throws(ConfigurationError) -> String? {
    guard let text = settings.text("http.public_url") else { return nil }
    let parts = URLComponents(string: text)
    guard let parts, ["http", "https"].contains(parts.scheme ?? ""), parts.host?.isEmpty == false,
      ["", "/"].contains(parts.path), parts.query == nil, parts.fragment == nil
    else {
      throw ConfigurationError(
        "PROGRESSBUS_HTTP_PUBLIC_URL", "must be like https://class.school.example, without a path")
    }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// - Throws: `ConfigurationError` for what cannot work.
  func checkSignIn() throws(ConfigurationError) {
    _ = try givenPublicURL()
    _ = try openIDSignIn(logger: Logger(label: "progressbus") { _ in SwiftLogNoOpLogHandler() })
  }

  /// The routes by which people sign in.
  ///
  /// - Parameter openID: nil where no provider is set.
  func signInRoutes(
    access: AccessCheck, openID: OpenIDSignIn? = nil
  ) throws(ConfigurationError) -> SignInRoutes {
    let isPublicByHTTPS = try givenPublicURL()?.hasPrefix("https:") == true
    return SignInRoutes(
      access: access,
      isAlwaysSecure: isPublicByHTTPS || settings.text("http.tls_certificate") != nil,
      openID: openID)
  }

  /// Nil where no provider is set.
  ///
  /// - Throws: for a provider that could be impersonated, and without what it takes.
  func openIDSignIn(logger: Logger) throws(ConfigurationError) -> OpenIDSignIn? {
    guard let configuration = try openID() else { return nil }
    guard let secret = settings.text("jwt.secret") else {
      throw ConfigurationError(
        "PROGRESSBUS_JWT_SECRET",
        "is not set, and whoever signs in at the provider gets a token that is signed with it; "
          + Self.secretAdvice)
    }
    _ = try tokenSigningKey()
    let lifetime = settings.integer("openid.session_hours") * 3600
    return OpenIDSignIn(
      configuration, secret: Array(secret.utf8), publicURL: try givenPublicURL(),
      transport: CurlTransport(), logger: logger,
      issue: { rights in
        try AccessTokens.issue(
          scopes: rights.scopes, subject: rights.subject, courses: rights.courses,
          lifetime: lifetime, self)
      })
  }

  private func openID() throws(ConfigurationError) -> OpenIDConfiguration? {
    guard let issuer = settings.text("openid.issuer") else { return nil }
    guard KeySetURL.isTrustworthy(issuer) else {
      throw ConfigurationError(
        "PROGRESSBUS_OPENID_ISSUER",
        "must be an https URL: whoever can change it on its way can log in as anybody")
    }
    var openID = OpenIDConfiguration(
      issuer: issuer,
      clientID: try settings.text("openid.client_id", for: "signing in at the provider"),
      clientSecret: settings.text("openid.client_secret"))
    openID.scopes = settings.list("openid.scopes")
    openID.rules.rolesClaim = settings.text("openid.roles_claim") ?? openID.rules.rolesClaim
    openID.rules.adminRoles = settings.list("openid.admin_roles")
    openID.rules.teacherRoles = settings.list("openid.teacher_roles")
    openID.rules.coursesClaim = settings.text("openid.courses_claim") ?? openID.rules.coursesClaim
    openID.rules.courseRolePrefix = settings.text("openid.course_role_prefix")
    return openID
  }
}
