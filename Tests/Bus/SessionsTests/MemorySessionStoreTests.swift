import Sessions
import SessionsTesting
import Testing

/// The suite that all stores pass, on the store that other tests stand on.
struct MemorySessionStoreTests {
  @Test(arguments: SessionStoreConformance.allCases)
  func conforms(to promise: SessionStoreConformance) async throws {
    try await promise.check(MemorySessionStore(), unfit: SessionKey(user: "u", id: "a/b"))
  }
}
