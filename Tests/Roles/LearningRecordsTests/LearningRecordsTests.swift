import Events
import Foundation
import Testing

@testable import LearningRecords

struct LearningRecordsTests {
  private let names = ActivityNames(homePage: "https://school.example/")!

  @Test(arguments: ["q1", "a/b c", "50%", "日本", "x?y#z", "..", "C:\\a"])
  func aNameComesBackOutOfItsIRI(name: String) {
    #expect(names.name(of: names.course(name)) == name)
    #expect(names.name(of: names.notebook(name, in: name)) == name)
    #expect(names.name(of: names.part(.cell, name, of: name, in: name)) == name)
    #expect(URL(string: names.part(.exercise, name, of: name, in: name)) != nil)
  }

  @Test(arguments: [
    "https://school.example/courses/", "https://school.example/courses/a/b",
    "https://school.example/courses/a/cells/b", "https://school.examples/courses/a", "urn:x",
    "https://school.example/courses/%FF",
  ])
  func othersIRIsAreNoNamesOfOurs(iri: String) {
    #expect(names.name(of: iri) == nil)
  }

  @Test func whatCameWithAnIRIKeepsIt() {
    #expect(names.part(.cell, "urn:x", of: "n", in: "c") == "urn:x")
    #expect(names.notebook("https://other.example/n", in: "c") == "https://other.example/n")
  }

  @Test(arguments: ["", "school.example", "ftp://a", "https://", "https://a?b"])
  func aHomePageIsAURL(text: String) { #expect(ActivityNames(homePage: text) == nil) }

  @Test(arguments: [
    (0, "PT0S"), (1500.25, "PT1.50025S"), (0.001, "PT0.000001S"), (1e12, "PT1000000000S"),
    (60_000, "PT60S"),
  ])
  func aDurationIsWrittenInSeconds(milliseconds: Double, text: String) {
    #expect(Statement.duration(milliseconds: milliseconds) == text)
  }

  /// Points beyond what is possible, below nothing, or of an exercise that has none: what a platform and a store take.
  @Test(
    arguments: [
      (5.0, 4.0, 5.0, 4.0, nil), (-1, 4, 0, 4, nil), (3, 4, 3, 4, 0.75), (nil, nil, 1, 1, nil),
      (2, 0, 2, 1, nil),
    ] as [(Double?, Double?, Double, Double, Double?)])
  func scoresAreWithinWhatStandardsTake(
    points: Double?, possible: Double?, given: Double, maximum: Double, scaled: Double?
  ) throws {
    let exercise = GradedExercise(
      notebook: "n", id: "q", label: "  ", pointsPossible: possible)
    #expect(LineItem(exercise).label == "q")
    let score = ExerciseScore(
      student: "s", of: exercise, points: points, pointsPossible: possible, passes: true,
      everPassed: true, checkedAt: "2026-11-27T10:00:00.000000Z")
    #expect(score.scoreGiven == given && score.scoreMaximum == maximum)
    var event = RecordedEvent(
      id: "12345678-1234-4678-9234-567812345601", eventType: "exercise_checked",
      happenedAt: "2026-11-27T10:00:00.000000Z", student: "s", course: "c", notebook: "n")
    event.exercise = "q"
    event.points = points
    event.pointsPossible = possible
    let statement = try #require(Statement(event, names: names))
    #expect(statement.result?.score?.scaled == scaled)
    #expect((statement.result?.score?.max == nil) == (scaled == nil))
  }

  /// The example of RFC 9562, appendix A.4.
  @Test func identifiersAreOfVersionFive() throws {
    let names = try #require(EventID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
    #expect(
      EventID(name: Array("www.example.com".utf8), in: names).description
        == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
  }
}
