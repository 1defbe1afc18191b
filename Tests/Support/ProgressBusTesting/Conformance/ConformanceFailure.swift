/// A promise that was not kept.
public struct ConformanceFailure: Error, CustomStringConvertible {
  public let description: String
}
