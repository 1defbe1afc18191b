public import Access
import Foundation
import JSONText

/// Where people sign in, and what that allows them here.
public struct OpenIDConfiguration: Sendable {
  /// The provider's issuer identifier: an `https` URL, compared byte by byte.
  public var issuer: String
  /// What the provider calls this server.
  public var clientID: String
  /// Nil for a public client, which PKCE alone protects.
  public var clientSecret: String?
  /// What is asked for beside `openid`.
  public var scopes: [String] = ["profile"]
  public var rules = OpenIDAccessRules()

  public init(issuer: String, clientID: String, clientSecret: String? = nil) {
    self.issuer = issuer
    self.clientID = clientID
    self.clientSecret = clientSecret
  }
}

/// What the claims of an ID token allow. Nobody is let in for having an account: a role has to say so.
public struct OpenIDAccessRules: Sendable {
  /// The claim that names a person's roles or groups: a member of the token, or a path to it with dots between.
  public var rolesClaim = "groups"
  public var adminRoles = ["progressbus-admins"]
  public var teacherRoles = ["progressbus-teachers"]
  /// The claim that names a teacher's courses.
  public var coursesClaim = "courses"
  /// What a role begins with that names a course.
  public var courseRolePrefix: String?

  public init() {}

  /// What somebody may do whose ID token has these claims.
  ///
  /// - Throws: `notAllowed`, `noCourses`.
  func rights(_ claims: OpenIDClaims) throws(OpenIDFault) -> OpenIDRights {
    let roles = claims.texts(rolesClaim)
    var rights = OpenIDRights(subject: claims.subject, scopes: [], courses: [])
    if roles.contains(where: isOne(of: adminRoles)) { rights.scopes.insert(.admin) }
    if roles.contains(where: isOne(of: teacherRoles)) {
      rights.courses = claims.texts(coursesClaim)
      if let courseRolePrefix {
        rights.courses += roles.filter { $0.hasPrefix(courseRolePrefix) && $0 != courseRolePrefix }
          .map { String($0.dropFirst(courseRolePrefix.count)) }
      }
      guard !rights.courses.isEmpty || !rights.scopes.isEmpty else { throw .noCourses }
      if !rights.courses.isEmpty { rights.scopes.insert(.dashboard) }
    }
    guard !rights.scopes.isEmpty else { throw .notAllowed }
    return rights
  }

  private func isOne(of names: [String]) -> (String) -> Bool {
    { role in names.contains { $0.isSame(role) } }
  }
}

/// Who somebody is by the provider's word, and what that allows.
public struct OpenIDRights: Sendable, Equatable {
  /// `sub`, which never changes and is nobody else's.
  public let subject: String
  public var scopes: Set<Scope>
  public var courses: [String]
}

/// The claims of an ID token that was verified.
struct OpenIDClaims {
  let subject: String
  private let members: [String: Any]

  /// - Parameter payload: of the token.
  /// - Returns: nil without a `sub`.
  init?(payload: [UInt8]) {
    guard
      let members = try? JSONSerialization.jsonObject(with: Data(payload)) as? [String: Any],
      let subject = members["sub"] as? String, !subject.isEmpty
    else { return nil }
    self.members = members
    self.subject = subject
  }

  func text(_ name: String) -> String? { members[name] as? String }

  /// The texts of a claim: one, or an array. Whatever else it is, there are none.
  ///
  /// - Parameter name: a member's, which may have dots itself as URLs do, or a path of members.
  func texts(_ name: String) -> [String] {
    var value: Any? = members[name]
    if value == nil {
      value = name.split(separator: ".").reduce(members as Any?) { value, part in
        (value as? [String: Any])?[String(part)]
      }
    }
    if let text = value as? String { return [text] }
    return (value as? [Any])?.compactMap { $0 as? String } ?? []
  }
}
