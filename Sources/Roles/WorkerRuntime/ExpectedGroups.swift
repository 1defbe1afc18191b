import EventBus

/// The groups that must exist before anything is trimmed, without input or output of its own: without one of
/// them, what it has yet to read cannot be known.
///
/// Those are the declared ones, and those that the journal had when the bus lost its data, until each has
/// been made again. A group that disappears from a journal that goes on was destroyed by somebody, who
/// means it.
struct ExpectedGroups: Sendable {
  private let declared: Set<String>
  /// What the journal had in the last round.
  private var present: Set<String> = []
  /// Had by a journal that is gone, and not made again since.
  private var awaited: Set<String> = []
  private var last = StreamID.zero

  init(declared: Set<String>) {
    self.declared = declared
  }

  var names: Set<String> { declared.union(awaited) }

  mutating func note(_ state: JournalState) {
    let isAnother = state.last < last || state.first.map { $0 > last && last > .zero } ?? false
    if isAnother { awaited.formUnion(present) }
    present = Set(state.groups.map(\.name))
    awaited.subtract(present)
    last = state.last
  }

  func missing(in state: JournalState) -> Set<String> {
    names.subtracting(state.groups.map(\.name))
  }
}
