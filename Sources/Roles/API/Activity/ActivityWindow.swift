public import Events

/// A span of time in buckets of one length, aligned to multiples of it since 1970.
public struct ActivityWindow: Sendable, Hashable {
  public let bucketSeconds: Int
  public let bucketCount: Int
  public let start: Timestamp

  /// The most buckets of an answer.
  public static let maximumBuckets = 1500
  private static let usualBuckets = 120
  private static let usualLengths = [10, 30, 60, 300, 900, 3600]

  /// The last `minutes`, the bucket under way included. Without a length: the shortest of the usual
  /// ones that makes at most 120 buckets.
  ///
  /// - Returns: nil when there would be more than 1,500 buckets.
  public init?(minutes: Int, bucketSeconds: Int?, endingAt now: Timestamp) {
    let seconds = minutes * 60
    let length =
      bucketSeconds
      ?? Self.usualLengths.first { seconds / $0 <= Self.usualBuckets } ?? 3600
    let bucket = Int64(length) * 1_000_000
    let last = now.microseconds / bucket * bucket
    let first = (now.microseconds - Int64(seconds) * 1_000_000) / bucket * bucket
    let count = Int((last - first) / bucket) + 1
    guard count <= Self.maximumBuckets else { return nil }
    self.bucketSeconds = length
    bucketCount = count
    start = Timestamp(microseconds: first)
  }

  /// The first moment behind the window.
  public var end: Timestamp {
    Timestamp(
      microseconds: start.microseconds + Int64(bucketCount) * Int64(bucketSeconds) * 1_000_000)
  }

  /// Empty buckets, oldest first.
  public var buckets: [ActivityBucket] {
    (0..<bucketCount).map { number in
      ActivityBucket(
        start: Timestamp(
          microseconds: start.microseconds + Int64(number) * Int64(bucketSeconds) * 1_000_000))
    }
  }

  /// The place of the bucket that holds `moment`; nil outside the window.
  public func place(of moment: Timestamp) -> Int? {
    guard moment >= start, moment < end else { return nil }
    return Int((moment.microseconds - start.microseconds) / (Int64(bucketSeconds) * 1_000_000))
  }
}

/// What happened in a course in one span of time.
public struct ActivityBucket: Sendable, Equatable {
  public let start: Timestamp
  public var events = 0
  public var executions = 0
  /// Executions that ended with an error.
  public var errors = 0
  /// Help events; a standing request repeats them.
  public var help = 0

  public init(start: Timestamp) { self.start = start }
}

/// Reads `30s`, `5m` or `1h`.
enum BucketLength {
  /// Seconds, from 1 to 86,400; nil for anything else.
  static func seconds(_ text: String) -> Int? {
    let factors: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
    guard let unit = text.last, let factor = factors[unit], text.utf8.count <= 6,
      text.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int(text.dropLast()), (1...86_400).contains(number * factor)
    else { return nil }
    return number * factor
  }
}
