/// What is wrong with a Redis address. Never quotes the address, which may hold a password.
public struct RedisAddressError: Error, Equatable, CustomStringConvertible {
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
