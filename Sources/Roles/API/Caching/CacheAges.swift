/// How long an answer may be used again.
struct CacheAges: Sendable {
  /// Up to this age it is used as it is.
  let fresh: Duration
  /// Up to this age it is used, and a newer one is loaded behind it.
  let usable: Duration

  static let none = CacheAges(fresh: .zero, usable: .zero)
}
