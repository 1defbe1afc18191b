import Synchronization

/// Counts a server's connections and bounds them: those beyond are told to come back (503), so that what
/// each of them holds adds up to something. One that is refused holds a place until it has closed, a
/// moment later; where even these become many, connections are closed without a word. Any thread.
public final class ConnectionLimit: Sendable {
  enum Admission: Sendable {
    case serve
    /// Answer 503 and close.
    case refuse
    case cut
  }

  private let maximum: Int
  /// With those that are being refused.
  private let hardMaximum: Int
  private let open = Atomic<Int>(0)
  private let onRefusal: @Sendable () -> Void

  /// - Parameters:
  ///   - maximum: the most connections that are served.
  ///   - onRefusal: called for each one beyond, on its event loop.
  public init(maximum: Int, onRefusal: @escaping @Sendable () -> Void = {}) {
    self.maximum = maximum
    hardMaximum = maximum + maximum / 8 + 16
    self.onRefusal = onRefusal
  }

  /// Connections at this moment.
  public var count: Int { open.load(ordering: .relaxed) }

  /// Counts one more, until `end`.
  func begin() -> Admission {
    let count = open.wrappingAdd(1, ordering: .relaxed).newValue
    if count <= maximum { return .serve }
    onRefusal()
    return count <= hardMaximum ? .refuse : .cut
  }

  func end() {
    open.wrappingSubtract(1, ordering: .relaxed)
  }
}
