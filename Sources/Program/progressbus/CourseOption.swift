import ArgumentParser

/// The course that a command is about.
struct CourseOption: ParsableArguments {
  @Option(help: ArgumentHelp("The course, as events name it.", valueName: "course_id"))
  var course: String

  func validate() throws {
    guard (1...128).contains(course.unicodeScalars.count) else {
      throw ValidationError("--course must have 1 to 128 characters")
    }
  }
}
