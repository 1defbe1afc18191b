/// The server refused events of the simulated class for good.
public struct ClassDeliveryError: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
