import API
import ArgumentParser
import ProgressBusServer

struct CourseRetentionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retention",
    abstract: "Say how long what learners do in a course is kept.",
    subcommands: [
      SetRetentionCommand.self, ShowRetentionCommand.self, RemoveRetentionCommand.self,
    ])
}

struct SetRetentionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Have a worker delete what is older, within an hour. This cannot be undone.")

  @OptionGroup var course: CourseOption

  @Option(help: "Days after which events are deleted, from 1 to 36500.")
  var days: Int

  @OptionGroup var options: SettingsOptions

  func validate() throws {
    guard CourseRetention.range.contains(days) else {
      throw ValidationError("--days must be from 1 to 36500")
    }
  }

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    func count(_: Void) -> Int? { days }
    try await Audited.run("retention.set", configuration, count: count) {
      try await CommandStores.withRetention(configuration) { store in
        try await store.set(days, for: course.course)
      }
    }
    print("kept for \(days) days")
  }
}

struct ShowRetentionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print how long a course is kept.")

  @OptionGroup var course: CourseOption
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    let found = try await CommandStores.withRetention(configuration) { store in
      try await store.retention(of: course.course)
    }
    print(found.map { "kept for \($0.days) days, since \($0.setAt)" } ?? "kept for ever")
  }
}

struct RemoveRetentionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Keep a course for ever from now on.")

  @OptionGroup var course: CourseOption
  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    func none(_: Bool) -> Int? { nil }
    let removed = try await Audited.run("retention.remove", configuration, count: none) {
      try await CommandStores.withRetention(configuration) { store in
        try await store.remove(from: course.course)
      }
    }
    guard removed else { throw ValidationError("the course has no retention of its own") }
    print("kept for ever")
  }
}
