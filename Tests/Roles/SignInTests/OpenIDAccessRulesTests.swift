import Access
import Testing

@testable import SignIn

struct OpenIDAccessRulesTests {
  private static func rights(
    _ json: String, _ change: (inout OpenIDAccessRules) -> Void = { _ in }
  ) throws -> OpenIDRights {
    var rules = OpenIDAccessRules()
    change(&rules)
    return try rules.rights(try #require(OpenIDClaims(payload: Array(json.utf8))))
  }

  @Test func administratorsNeedNoCourseAndTeachersDo() throws {
    let admin = try Self.rights(#"{"sub":"kim","groups":["progressbus-admins"]}"#)
    #expect(admin == OpenIDRights(subject: "kim", scopes: [.admin], courses: []))
    let both = try Self.rights(
      #"{"sub":"kim","groups":["progressbus-admins","progressbus-teachers"],"courses":"py101"}"#)
    #expect(
      both == OpenIDRights(subject: "kim", scopes: [.admin, .dashboard], courses: ["py101"]))
    let without = try Self.rights(
      #"{"sub":"kim","groups":["progressbus-admins","progressbus-teachers"]}"#)
    #expect(without.scopes == [.admin])
    #expect(throws: OpenIDFault.noCourses) {
      try Self.rights(#"{"sub":"lee","groups":["progressbus-teachers"],"courses":[]}"#)
    }
    #expect(throws: OpenIDFault.notAllowed) { try Self.rights(#"{"sub":"lee"}"#) }
  }

  @Test func theClaimsAreTheProvidersOwn() throws {
    let keycloak = try Self.rights(
      #"{"sub":"lee","realm_access":{"roles":["teacher","course:py101","course:"]}}"#
    ) { rules in
      rules.rolesClaim = "realm_access.roles"
      rules.teacherRoles = ["teacher"]
      rules.courseRolePrefix = "course:"
    }
    #expect(keycloak == OpenIDRights(subject: "lee", scopes: [.dashboard], courses: ["py101"]))
    let url = try Self.rights(
      #"{"sub":"lee","https://school.example/roles":["progressbus-admins"]}"#
    ) { rules in rules.rolesClaim = "https://school.example/roles" }
    #expect(url.scopes == [.admin])
  }

  @Test(arguments: [
    #"{"sub":"lee","groups":{"progressbus-admins":true}}"#,
    #"{"sub":"lee","groups":[["progressbus-admins"]]}"#,
    #"{"sub":"lee","groups":"progressbus-admins progressbus-teachers"}"#,
    #"{"sub":"lee","groups":["progressbus-admins "]}"#, #"{"sub":"lee","groups":null}"#,
  ])
  func whatIsNoRoleIsTakenForNone(_ json: String) {
    #expect(throws: OpenIDFault.notAllowed) { try Self.rights(json) }
  }

  @Test func anIDTokenOfNobodyIsNone() {
    for json in ["[]", "{}", #"{"sub":""}"#, #"{"sub":7}"#] {
      #expect(OpenIDClaims(payload: Array(json.utf8)) == nil)
    }
  }
}
