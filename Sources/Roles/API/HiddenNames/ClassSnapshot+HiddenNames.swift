import HTTPServer
import JSONText

extension RequestParameters {
  /// Whether `names=hidden` is asked for.
  func hidesNames() throws(Problem) -> Bool {
    guard let names = try text("names", maximumLength: 16) else { return false }
    guard names == "hidden" else { throw .badRequest("names must be hidden, or left out") }
    return true
  }
}

extension ClassSnapshot {
  var redaction: NameRedaction { NameRedaction(learners.map { (id: $0.id, name: $0.name) }) }

  /// The class with pseudonyms in place of ids, and without names. Cells, errors and exercises are what they were.
  func hidingNames(_ pseudonyms: Pseudonyms) -> ClassSnapshot {
    answers.hidden {
      let redaction = redaction
      var learners = learners
      for place in learners.indices {
        learners[place].hideName(
          as: pseudonyms.pseudonym(of: learners[place].id, in: course), redaction)
      }
      return ClassSnapshot(
        course: course, notebook: notebook.map(redaction.redacted), position: position,
        takenAt: takenAt, isPlayedBack: isPlayedBack,
        notebooks: notebooks.map { $0.renamed(redaction.redacted($0.path)) },
        learners: learners.sorted { $0.id.precedes($1.id) }, cells: cells, pace: pace,
        counts: counts, alerts: alerts, rules: rules, alertRules: alertRules)
    }
  }

  /// The path of a notebook whose redacted path a viewer knows; nil for one of neither.
  func path(ofRedacted path: String) -> String? {
    let redaction = redaction
    let paths = notebooks.map(\.path)
    return paths.first { $0 == path } ?? paths.first { redaction.redacted($0) == path }
  }
}
