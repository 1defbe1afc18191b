/// Which events a subscriber wants.
enum CourseFilter: Hashable, Sendable {
  case all
  case courses(Set<String>)

  func admits(_ course: String) -> Bool {
    switch self {
    case .all: true
    case .courses(let courses): courses.contains(course)
    }
  }
}
