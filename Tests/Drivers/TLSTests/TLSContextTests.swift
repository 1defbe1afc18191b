import Foundation
import ProgressBusTesting
import TLS
import Testing

@Suite struct TLSContextTests {
  @Test func aFileThatCannotBeUsedIsNamed() async throws {
    try await withTemporaryFolder("tls") { folder in
      let authority = try await TestAuthority(in: folder)
      let pair = try await authority.issue("server")
      let other = try await authority.issue("other")
      func reason(_ certificate: String, _ key: String) -> String {
        do throws(TLSError) {
          _ = try TLSContext.server(certificate: certificate, key: key)
          return ""
        } catch {
          return error.description
        }
      }
      #expect(reason("\(folder)/none", pair.key).hasPrefix("\(folder)/none is no certificate"))
      #expect(reason(pair.key, pair.key).hasPrefix("\(pair.key) is no certificate"))
      #expect(reason(pair.certificate, "\(folder)/none").hasPrefix("\(folder)/none is no key of"))
      #expect(reason(pair.certificate, other.key).contains("key values mismatch"))
      #expect(reason(pair.certificate, pair.key) == "")
    }
  }

  @Test func aCertificateIsReadAgainWhenItChanges() async throws {
    try await withTemporaryFolder("tls") { folder in
      let authority = try await TestAuthority(in: folder)
      let pair = try await authority.issue("server")
      let reloading = try ReloadingServerContext(certificate: pair.certificate, key: pair.key)
      let first = reloading.current
      #expect(try !reloading.reload(onlyIfChanged: true))
      #expect(reloading.current === first)
      try await authority.issue("server")
      #expect(try reloading.reload(onlyIfChanged: true))
      let second = reloading.current
      #expect(second !== first)

      // Half of a renewal: what was good goes on, and the fault is told once.
      let renewed = try await authority.issue("renewed")
      try FileManager.default.removeItem(atPath: pair.certificate)
      try FileManager.default.copyItem(atPath: renewed.certificate, toPath: pair.certificate)
      #expect(throws: TLSError.self) { try reloading.reload(onlyIfChanged: true) }
      #expect(try !reloading.reload(onlyIfChanged: true))
      #expect(reloading.current === second)

      try FileManager.default.removeItem(atPath: pair.key)
      try FileManager.default.copyItem(atPath: renewed.key, toPath: pair.key)
      #expect(try reloading.reload(onlyIfChanged: true))
      #expect(reloading.current !== second)
      #expect(try reloading.reload(onlyIfChanged: false))
    }
  }
}
