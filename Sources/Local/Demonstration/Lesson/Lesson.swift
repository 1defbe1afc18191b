/// A notebook that the class works on.
struct Lesson: Sendable {
  let title: String
  let cells: [LessonCell]
}
