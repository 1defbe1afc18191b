/// Lessons one after another without end, in seconds since the first began. Each has a notebook of its
/// own, even when its contents come round again.
struct Timetable: Sendable {
  static let lessonSeconds = 45.0 * 60
  static let breakSeconds = 5.0 * 60

  let lessons: [Lesson]

  func lesson(_ number: Int) -> Lesson { lessons[number % lessons.count] }

  func notebookPath(_ number: Int) -> String {
    let place = number + 1
    return "lessons/\(place < 10 ? "0" : "")\(place)-\(lesson(number).title).ipynb"
  }

  func start(_ number: Int) -> Double { Double(number) * (Self.lessonSeconds + Self.breakSeconds) }

  func end(_ number: Int) -> Double { start(number) + Self.lessonSeconds }
}
