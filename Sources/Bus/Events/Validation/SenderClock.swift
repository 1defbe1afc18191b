/// How a sender's clock stands to the server's. A clock that is wrong would hide who asks for help now, so
/// teachers look at `corrected_at` where an event has one; `occurred_at` stays what the sender said.
///
/// Nothing happens after it was received, so a clock that is ahead gives itself away. A slow clock and a late delivery
/// look alike, unless the request says by the same clock when it was sent (`Date`, RFC 9110 6.6.1). Without that, the
/// newest of a learner's events in a request is taken to have happened just now.
public struct SenderClock: Sendable, Equatable {
  /// A clock may be behind so far, in microseconds: an event may have waited this long for its request.
  public static let toleranceBehind: Int64 = 120 * 1_000_000
  /// And ahead so far: within it the order of events at one learner is that of their moments.
  public static let toleranceAhead: Int64 = 10 * 1_000_000

  /// What has to be added to its moments, in microseconds; 0 when it is right.
  public let correction: Int64

  /// A clock that is right.
  public static let right = SenderClock(correction: 0)

  private init(correction: Int64) {
    self.correction = correction
  }

  /// A clock that said `moment` when the server's said `serverMoment`.
  public init(saying moment: Timestamp, at serverMoment: Timestamp) {
    let behind = serverMoment.microseconds - moment.microseconds
    correction = Self.isWrong(behind: behind) ? behind : 0
  }

  /// Whether an event that was received at `receivedAt` may be the work of a wrong clock.
  public static func isInDoubt(_ occurredAt: Timestamp, receivedAt: Timestamp) -> Bool {
    isWrong(behind: receivedAt.microseconds - occurredAt.microseconds)
  }

  private static func isWrong(behind: Int64) -> Bool {
    behind > toleranceBehind || behind < -toleranceAhead
  }

  /// When it happened by the server's clock; nil for what would have happened after its receipt, which alone
  /// tells something then.
  public func moment(of occurredAt: Timestamp, receivedAt: Timestamp) -> Timestamp? {
    let moment = occurredAt.microseconds + correction
    guard moment - receivedAt.microseconds <= Self.toleranceAhead else { return nil }
    return Timestamp(microseconds: moment)
  }
}
