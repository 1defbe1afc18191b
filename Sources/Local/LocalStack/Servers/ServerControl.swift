/// What a stack does with its servers, whatever their kind.
public protocol ServerControl: Actor {
  nonisolated var name: String { get }
  func start() async throws
  func stop() async
  func keepRunning(report: @escaping @Sendable (String) -> Void) async
}

extension ServerController: ServerControl {
  public nonisolated var name: String { server.name }
}
