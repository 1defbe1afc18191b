/// Private servers that start and stop together.
public actor LocalStack {
  private let servers: [any ServerControl]
  private let report: @Sendable (String) -> Void
  private var guardians: [Task<Void, Never>] = []

  /// - Parameter report: gets one line for the operator whenever a server dies and comes back.
  public init(_ servers: [any LocalServer], report: @escaping @Sendable (String) -> Void) {
    self.servers = servers.map { Self.controller(of: $0) }
    self.report = report
  }

  private static func controller(of server: some LocalServer) -> any ServerControl {
    ServerController(server)
  }

  /// Starts all servers at once and returns when all answer. From then on a server that dies is
  /// started again, until `stop()`.
  /// - Throws: the `LocalStackError` of the first server that did not start; the others are stopped.
  public func start() async throws {
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for server in servers { group.addTask { try await server.start() } }
        // The first error leaves the group, which cancels the other starts and waits for them.
        for try await _ in group {}
      }
    } catch {
      await stop()
      throw error
    }
    guardians = servers.map { server in
      Task { [report] in await server.keepRunning(report: report) }
    }
  }

  /// Stops all servers, side by side, and returns when their processes are gone.
  public func stop() async {
    await withTaskGroup(of: Void.self) { group in
      for server in servers { group.addTask { await server.stop() } }
    }
    for guardian in guardians {
      guardian.cancel()
      await guardian.value
    }
    guardians = []
  }
}
