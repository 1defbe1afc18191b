import Logging
import NIOPosix
import ServiceLifecycle
import TLS
import UnixSignals

/// Has new connections served with the certificate that lies in its file: looks for a change every 5 s, and
/// reads it whatever it looks like on SIGHUP. Connections that stand are not touched.
struct CertificateReloading: Service {
  private static let interval = Duration.seconds(5)

  let certificate: ReloadingServerContext
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup { group in
        group.addTask {
          for await _ in await UnixSignalsSequence(trapping: .sighup) {
            await reload(onlyIfChanged: false)
          }
        }
        group.addTask {
          while (try? await Task.sleep(for: Self.interval)) != nil {
            await reload(onlyIfChanged: true)
          }
        }
      }
    }
  }

  private func reload(onlyIfChanged: Bool) async {
    do {
      // Reads files.
      let isNew = try await NIOThreadPool.singleton.runIfActive {
        try certificate.reload(onlyIfChanged: onlyIfChanged)
      }
      if isNew { logger.notice("new connections get the certificate that was read now") }
    } catch {
      logger.error(
        "the certificate cannot be used; new connections get the one before",
        metadata: ["reason": "\(error)"])
    }
  }
}
