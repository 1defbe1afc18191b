import Synchronization

/// On until it is turned off, by whomever.
final class Switch: Sendable {
  private let state = Atomic(true)

  var isOn: Bool { state.load(ordering: .relaxed) }

  func turnOff() { state.store(false, ordering: .relaxed) }
}
