import API
import ArgumentParser
import CurlTransport
import Foundation
import Observability
import ProgressBusServer

struct RosterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "roster",
    abstract: "Say who is in a course, so that teachers see who has not come.",
    subcommands: [
      UploadRosterCommand.self, ImportJupyterHubRosterCommand.self, ShowRosterCommand.self,
      DeleteRosterCommand.self,
    ])
}

/// Puts a list in the place of the roster, and tells how long it is.
private func replaceRoster(
  with learners: [RosterLearner], of course: String, _ configuration: ServerConfiguration
) async throws {
  let count: Int = try await Audited.run("rosters.upload", configuration, count: \.self) {
    try await CommandStores.withRosters(configuration) { store in
      try await store.replace(learners, of: course)
    }
  }
  print("the roster has \(count) learners")
}

struct UploadRosterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upload",
    abstract: "Take the roster from a CSV file whose first line names the columns.",
    discussion: """
      Columns: student_id, username, email or id; name, or first name and last name; team or group. Others are left out. It takes the \
      place of the roster that is there.
      """)

  @Argument(help: ArgumentHelp("The list; - for standard input.", valueName: "roster.csv"))
  var file: String

  @OptionGroup var course: CourseOption
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let learners = try RosterFile.learners(try read())
    try await replaceRoster(
      with: learners, of: course.course, try await options.serverConfiguration())
  }

  private func read() throws -> Data {
    guard let handle = file == "-" ? .standardInput : FileHandle(forReadingAtPath: file) else {
      throw ValidationError("\(file) cannot be read")
    }
    // One byte too many tells that it is too large.
    return try handle.read(upToCount: RosterFile.longestFile + 1) ?? Data()
  }
}

struct ImportJupyterHubRosterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import-jupyterhub",
    abstract: "Take the roster from groups of JupyterHub, whose members' names are the ids.",
    discussion: """
      The token is in JUPYTERHUB_API_TOKEN, or in a file (--token-file). It needs the scope read:groups. A group has no names of \
      people: those come with events.
      """)

  @Option(help: ArgumentHelp("The hub's address.", valueName: "url"))
  var hub: String

  @Option(
    help: ArgumentHelp(
      "A group; may be given several times. Default: nbgrader's, nbgrader-COURSE.",
      valueName: "name"))
  var group: [String] = []

  @Option(help: ArgumentHelp("A file with the hub's API token.", valueName: "file"))
  var tokenFile: String?

  @OptionGroup var course: CourseOption
  @OptionGroup var options: SettingsOptions

  func validate() throws {
    guard let url = URL(string: hub), ["http", "https"].contains(url.scheme), url.host != nil else {
      throw ValidationError("--hub must be an address such as https://hub.school.example")
    }
  }

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    let groups = group.isEmpty ? ["nbgrader-\(course.course)"] : group
    let learners = try await JupyterHubGroup(
      hub: hub, token: try token(), transport: CurlTransport()
    ).learners(of: groups)
    try await replaceRoster(with: learners, of: course.course, configuration)
  }

  private func token() throws -> String {
    var token = ProcessInfo.processInfo.environment["JUPYTERHUB_API_TOKEN"] ?? ""
    if let tokenFile {
      guard let data = FileManager.default.contents(atPath: tokenFile) else {
        throw ValidationError("\(tokenFile) cannot be read")
      }
      token = String(decoding: data, as: UTF8.self)
    }
    token = token.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw ValidationError(
        "the hub's API token is missing or malformed: set JUPYTERHUB_API_TOKEN or --token-file")
    }
    return token
  }
}

struct ShowRosterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print a course's roster: id, name and team, a tab between.")

  @OptionGroup var course: CourseOption
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    let roster = try await CommandStores.withRosters(configuration) { store in
      try await store.roster(of: course.course)
    }
    guard roster.listedAt != nil else { throw ValidationError("the course has no roster") }
    for learner in roster.learners {
      // What others have written must not steer a terminal.
      print(
        [learner.id, learner.name ?? "", learner.team ?? ""].map {
          LogEscaping.escaped($0, quotes: false)
        }.joined(separator: "\t"))
    }
  }
}

struct DeleteRosterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a course's roster. What learners did stays.")

  @OptionGroup var course: CourseOption
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    let learners: Int = try await Audited.run("rosters.delete", configuration, count: \.self) {
      try await CommandStores.withRosters(configuration) { store in
        try await store.delete(of: course.course)
      }
    }
    guard learners > 0 else { throw ValidationError("the course has no roster") }
    print("deleted a roster of \(learners) learners")
  }
}
