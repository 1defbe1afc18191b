import Foundation
import LocalStack
import ProgressBusTesting
import Testing

extension EndToEnd {
  @Suite struct HealthCommandTests {
    @Test func exitCodesTellTheHealth() async throws {
      try await withDeployment { deployment in
        let process = try await deployment.serve("ingest")
        let ready = try await deployment.run("health", "--url", process.url)
        #expect(ready.status == 0)
        #expect(ready.output.contains(#""status":"ok""#))

        await deployment.redis.stop()
        try await eventually("a process that is not ready") {
          try await deployment.run("health", "ready", "--url", process.url).status == 1
        }
        let unready = try await deployment.run("health", "ready", "--url", process.url)
        #expect(unready.output.contains(#""bus":{"#))
        #expect(try await deployment.run("health", "live", "--url", process.url).status == 0)

        _ = await process.stop()
        let gone = try await deployment.run("health", "live", "--url", process.url)
        #expect(gone.status == 1)
        #expect(gone.errors.contains("cannot be connected to"))
      }
    }
  }
}
