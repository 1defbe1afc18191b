/// How a learner is doing.
public enum LearnerState: String, Sendable, CaseIterable {
  case onTrack = "on_track"
  case behind
  case stuck
  case help
  case idle
  case done
}
