import Events

/// A place in the help queue: the longest waiting first.
struct HelpPlace: Comparable {
  let since: Timestamp
  let id: String

  init(since: Timestamp, id: String) {
    self.since = since
    self.id = id
  }

  init(_ cursor: [String]) throws(Problem) {
    guard let microseconds = Int64(cursor[0]) else {
      throw .badRequest("cursor must be the next_cursor of an answer to the same request")
    }
    self.init(since: Timestamp(microseconds: microseconds), id: cursor[1])
  }

  static func < (left: HelpPlace, right: HelpPlace) -> Bool {
    left.since == right.since ? left.id.precedes(right.id) : left.since < right.since
  }
}
