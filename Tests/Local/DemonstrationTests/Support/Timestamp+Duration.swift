import Events

extension Timestamp {
  static func + (moment: Timestamp, duration: Duration) -> Timestamp {
    let (seconds, attoseconds) = duration.components
    return Timestamp(
      microseconds: moment.microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
  }
}

extension Duration {
  static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }
}
