import ArgumentParser
import Demonstration

/// A class to look at.
struct DemonstrationOptions: ParsableArguments {
  @Flag(help: "Show a simulated class at work on the teachers' page.")
  var demo = false

  @Option(
    help: ArgumentHelp(
      "The size of the simulated class, \(ClassPlan.learnerRange.lowerBound) to \(ClassPlan.learnerRange.upperBound).",
      valueName: "count"))
  var demoLearners = 30

  @Option(
    help: ArgumentHelp(
      "Another number makes another class; the same number the same class.", valueName: "number"))
  var demoSeed = ClassPlan.defaultSeed

  func validate() throws {
    guard ClassPlan.learnerRange.contains(demoLearners) else {
      throw ValidationError(
        "--demo-learners must be in \(ClassPlan.learnerRange.lowerBound)...\(ClassPlan.learnerRange.upperBound)"
      )
    }
  }
}
