public import Access
public import ArgumentParser
import Foundation
import ProgressBusServer

struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Make the tokens that people and programs log in with, look at one, revoke one.",
    subcommands: [
      IssueTokenCommand.self, InspectTokenCommand.self, RevokeTokenCommand.self,
    ])
}

extension Scope: ExpressibleByArgument {}

struct IssueTokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "issue", abstract: "Print a token, signed with PROGRESSBUS_JWT_SECRET.")

  @Option(help: "What it allows: ingest, ingest:class, dashboard, admin. May be given again.")
  var scope: [Scope]

  @Option(help: "Whose it is: the student_id of the learner who sends with it.")
  var sub: String?

  @Option(
    help: ArgumentHelp("A course that it is for. May be given again.", valueName: "course_id"))
  var course: [String] = []

  @Option(help: "For how long: 90s, 30m, 8h or 180d.", transform: Self.seconds)
  var ttl: Int = 8 * 3600

  @Flag(
    help: "Print a link that signs its owner in on the pages. Whoever has the link has the token.")
  var link = false

  @OptionGroup var options: SettingsOptions

  func validate() throws {
    if link, !scope.contains(.dashboard), !scope.contains(.admin) {
      throw ValidationError("--link is for scopes dashboard and admin: pages show others nothing")
    }
    guard sub?.isEmpty != true, !course.contains("") else {
      throw ValidationError("--sub and --course must not be empty")
    }
    if scope.contains(.ingest), sub == nil {
      throw ValidationError("scope ingest needs --sub: events of that learner may be sent")
    }
    if scope.contains(.ingestClass) || scope.contains(.dashboard), course.isEmpty {
      throw ValidationError("scopes ingest:class and dashboard need --course")
    }
  }

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    // What cannot be shown is not to be made.
    if link { _ = try configuration.signInLink("") }
    let id = AccessTokens.newID()
    let scopes = Set(scope).map(\.rawValue).sorted().joined(separator: " ")
    // Whose it is may be a learner's name, and stays out of the audit log. That log need not be there yet: a first start
    // makes tokens before there are tables, and whoever has the secret can sign without it anyway.
    let token = try await Audited.run(
      "token.issue", target: "\(id), scope \(scopes)", configuration, isUrgent: true,
      count: Audited.one
    ) {
      try AccessTokens.issue(
        id: id, scopes: Set(scope), subject: sub, courses: course, lifetime: ttl, configuration)
    }
    print(link ? try configuration.signInLink(token) : token)
  }

  private static func seconds(_ text: String) throws -> Int {
    let units = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let unit = text.last.flatMap({ units[String($0)] }), let count = Int(text.dropLast()),
      (1...3_153_600_000 / unit).contains(count)
    else { throw ValidationError("\(text) is no length such as 90s, 30m, 8h or 180d") }
    return count * unit
  }
}

/// A token that a command reads. Not an argument, which everybody on the machine could read.
struct TokenInput: ParsableArguments {
  @Option(help: "A file that holds the token. Default: standard input.")
  var file: String?

  func text() throws -> String {
    let data: Data?
    if let file {
      data = FileManager.default.contents(atPath: file)
    } else {
      data = try FileHandle.standardInput.readToEnd()
    }
    guard let data else { throw ValidationError("the token cannot be read") }
    return String(decoding: data, as: UTF8.self).filter { !$0.isWhitespace }
  }
}

struct InspectTokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Print what a token says, and whether it would be taken: exit 1 when it would not.")

  @OptionGroup var input: TokenInput
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let (claims, fault) = try await AccessTokens.inspect(
      input.text(), options.serverConfiguration())
    print(claims)
    print(fault ?? "the token is good")
    if fault != nil { throw ExitCode.failure }
  }
}

struct RevokeTokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Have a token refused by every process within 5 seconds.")

  @Option(help: ArgumentHelp("Its jti, where the token itself is not at hand.", valueName: "jti"))
  var id: String?

  @OptionGroup var input: TokenInput
  @OptionGroup var options: SettingsOptions

  func validate() throws {
    if id?.isEmpty == true { throw ValidationError("--id must not be empty") }
  }

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    let token =
      if let id {
        RevokedToken(id: id, expiresAt: nil)
      } else {
        try AccessTokens.revocation(of: input.text())
      }
    // A stolen token does not wait until PostgreSQL is back.
    try await Audited.run(
      "token.revoke", target: token.id, configuration, isUrgent: true, count: Audited.one
    ) { try await AccessTokens.revoke(token, configuration) }
    print("revoked \(token.id)")
  }
}
