import Foundation
import NIOCore
import ServiceLifecycle

/// Runs the HTTP server, and says plainly why it cannot listen.
struct ListeningService<Application: Service>: Service {
  let application: Application
  let host: String
  let port: Int

  /// - Throws: `ConfigurationError` when the port is taken or not allowed, or the address is not ours.
  func run() async throws {
    do {
      try await application.run()
    } catch let error as IOError
      where [EADDRINUSE, EACCES, EADDRNOTAVAIL].contains(error.errnoCode)
    {
      let reason = String(cString: strerror(error.errnoCode)).lowercased()
      throw ConfigurationError("--http-port \(port)", "cannot listen on \(host):\(port): \(reason)")
    }
  }
}
