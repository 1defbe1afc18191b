public import NIOCore

/// What a process said of itself last.
public struct ProcessReport: Sendable, Equatable {
  /// The process's name, different from that of every other.
  public let process: String
  /// How long ago, by Redis's clock.
  public let age: Duration
  public let body: ByteBuffer

  public init(process: String, age: Duration, body: ByteBuffer) {
    self.process = process
    self.age = age
    self.body = body
  }
}
