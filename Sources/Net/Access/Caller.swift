public import JSONText

/// What somebody must be allowed to do for a route to answer.
public struct RequiredAccess: Sendable, Equatable {
  /// Any one of them will do; nil where nobody is asked for a token.
  public let scopes: [Scope]?
  /// The course that the token must be for, beside the one that the path names.
  public let course: String?

  private init(_ scopes: [Scope]?, course: String? = nil) {
    self.scopes = scopes
    self.course = course
  }

  /// Nothing of learners is shown, and nothing is changed.
  public static let open = RequiredAccess(nil)
  /// Learners' data of the caller's courses.
  public static let reading = RequiredAccess([.dashboard, .admin])
  /// A good token with any scope of ours.
  public static let signedIn = RequiredAccess(Scope.allCases)
  /// What operators see and do.
  public static let operating = RequiredAccess([.admin])
  /// Events; whose, is looked at for each.
  public static let sending = RequiredAccess([.ingest, .ingestClass])

  /// Events of anybody in a course.
  public static func sending(into course: String) -> RequiredAccess {
    RequiredAccess([.ingestClass], course: course)
  }
}

/// Who asks, and what they may.
public struct Caller: Sendable {
  /// The token that was sent; nil where nobody has to log in.
  public let token: VerifiedToken?

  init(token: VerifiedToken?) { self.token = token }

  /// Everything is allowed: nobody has to log in.
  public static let anyone = Caller(token: nil)

  /// Nothing is allowed but what is open.
  public static let nobody = Caller(
    token: VerifiedToken(claims: TokenClaims(scopes: [], expiresAt: 0), goodUntil: 0, text: ""))

  /// Whose data may be read.
  public var courses: ReadableCourses {
    guard let claims = token?.claims else { return .all }
    if claims.scopes.contains(.admin) { return .all }
    return claims.scopes.contains(.dashboard) ? .only(claims.courses) : .only([])
  }

  func hasScope(for required: RequiredAccess) -> Bool {
    guard let claims = token?.claims, let scopes = required.scopes else { return true }
    return scopes.contains(where: claims.scopes.contains)
  }

  func hasCourse(for required: RequiredAccess) -> Bool {
    guard let claims = token?.claims, let course = required.course else { return true }
    return claims.courses.contains(ExactText(course))
  }
}

/// The courses whose data a caller may read. Names are compared byte by byte: they are in normal form C
/// on both sides, and whatever differs then is another course.
public enum ReadableCourses: Hashable, Sendable {
  case all
  case only(Set<ExactText>)

  public func contains(_ course: String) -> Bool {
    switch self {
    case .all: true
    case .only(let courses): courses.contains(ExactText(course))
    }
  }

  /// Their names; nil for all.
  public var names: [String]? {
    switch self {
    case .all: nil
    case .only(let courses): courses.map(\.text)
    }
  }
}
