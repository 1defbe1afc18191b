import ArgumentParser
import Foundation
import LearningRecords
import ProgressBusServer

/// Exports of data that is kept: of a learner, or of a class.
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Copy what is kept, as lines of JSON: of a learner, or of a class for other systems.",
    subcommands: [
      ExportLearnerCommand.self, ExportStatementsCommand.self, ExportGradesCommand.self,
    ], defaultSubcommand: ExportLearnerCommand.self)
}

struct ExportStatementsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "xapi",
    abstract:
      "Tell what a class did as statements of xAPI, one a line, for a learning record store.")

  @OptionGroup var course: CourseOption

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    let names = try configuration.activityNames()
    let output = LineOutput()
    let count = try await Audited.run("export.xapi", configuration, count: Audited.number) {
      try await CommandStores.withClassRecords(configuration) { records in
        var count = 0
        try await records.events(of: course.course) { event in
          guard let statement = Statement(event, names: names) else { return }
          try output.write(statement)
          count += 1
        }
        return count
      }
    }
    try output.close()
    FileHandle.standardError.write(Data("statements: \(count)\n".utf8))
  }
}

struct ExportGradesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grades",
    abstract:
      "Tell a class's exercises and scores as LTI Assignment and Grade Services has them, one a line.",
    discussion: """
      First a line {"lineItem":{…}} for each exercise, then a line {"resourceId":"…","score":{…}} for each learner who had it checked.
      """)

  private struct LineItemLine: Encodable {
    let lineItem: LineItem
  }

  private struct ScoreLine: Encodable {
    let resourceId: String
    let score: ExerciseScore
  }

  @OptionGroup var course: CourseOption

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let configuration = try await options.serverConfiguration()
    let output = LineOutput()
    let count = try await Audited.run("export.grades", configuration, count: Audited.number) {
      try await CommandStores.withClassRecords(configuration) { records in
        let exercises = try await records.exercises(of: course.course)
        for exercise in exercises {
          try output.write(LineItemLine(lineItem: LineItem(exercise)))
        }
        var count = 0
        for exercise in exercises {
          let resource = LineItem(exercise).resourceId
          try await records.scores(of: exercise, in: course.course) { score in
            try output.write(ScoreLine(resourceId: resource, score: score))
            count += 1
          }
        }
        return count
      }
    }
    try output.close()
    FileHandle.standardError.write(Data("scores: \(count)\n".utf8))
  }
}

/// Lines of JSON on standard output, written some at a time.
private final class LineOutput {
  private static let chunk = 64 * 1024

  private let encoder = JSONEncoder()
  private var pending = Data()

  init() { encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes] }

  func write(_ value: some Encodable) throws {
    pending += try encoder.encode(value)
    pending.append(UInt8(ascii: "\n"))
    if pending.count >= Self.chunk { try close() }
  }

  func close() throws {
    try FileHandle.standardOutput.write(contentsOf: pending)
    pending.removeAll(keepingCapacity: true)
  }
}
