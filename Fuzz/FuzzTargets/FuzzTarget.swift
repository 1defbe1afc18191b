/// One thing that reads bytes from outside, and what has to hold whatever they are.
public struct FuzzTarget: Sendable {
  /// As `scripts/fuzz` and the folder of its corpus call it.
  public let name: String
  /// Ordinary inputs, which a fuzzer begins with and changes.
  public let seeds: [[UInt8]]
  private let check: @Sendable (UnsafeBufferPointer<UInt8>) -> String?

  /// - Parameter check: says what does not hold for an input; nil when all does. A trap is a finding
  ///   too.
  init(
    _ name: String, seeds: [[UInt8]],
    check: @escaping @Sendable (UnsafeBufferPointer<UInt8>) -> String?
  ) {
    self.name = name
    self.seeds = seeds
    self.check = check
  }

  /// What does not hold for `input`; nil when all does.
  public func fault(of input: UnsafeBufferPointer<UInt8>) -> String? { check(input) }

  public func fault(of input: [UInt8]) -> String? { input.withUnsafeBufferPointer(check) }

  public static let all: [FuzzTarget] = [
    .eventDecoder, .httpBody, .webSocketFrames, .lineProtocol, .redisReplies, .jsonWebToken,
    .tokenClaims, .bigQueryAnswer, .otherClients, .notebookOutline,
  ]
}
