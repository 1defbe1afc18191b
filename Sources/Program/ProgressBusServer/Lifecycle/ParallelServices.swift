import ServiceLifecycle

/// Services that start together and, at a graceful shutdown, end side by side: a slow dashboard then
/// does not take the worker's time to drain.
struct ParallelServices: Service {
  let services: [any Service]

  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for service in services { group.addTask { try await service.run() } }
      // The first that fails leaves the group and so ends the others; `waitForAll` would not.
      while try await group.next() != nil {}
    }
  }
}
