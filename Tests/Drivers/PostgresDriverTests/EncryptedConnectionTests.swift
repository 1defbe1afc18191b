import Foundation
import LocalStack
import ProgressBusTesting
import Testing

@testable import PostgresDriver

/// `sslmode` in the URL of a database, with a server that has a certificate.
@Suite(.tags(.servers)) struct EncryptedConnectionTests {
  /// Runs `body` with a server whose certificate names `localhost`, and the authority that has signed it.
  private func withEncryptedPostgres(
    _ body: @Sendable (_ url: String, _ authority: TestAuthority) async throws -> Void
  ) async throws {
    try await withTemporaryFolder("postgres-tls") { folder in
      let authority = try await TestAuthority(in: folder)
      let pair = try await authority.issue("server", for: "DNS:localhost")
      try await withPostgres { server in
        let connection = try await connect(server.url)
        // By the server itself, in its data folder: it must own its key.
        for (file, name) in [(pair.certificate, "server.crt"), (pair.key, "server.key")] {
          let text = try String(contentsOfFile: file, encoding: .utf8)
          try await connection.executeScript(
            "copy (select unnest(string_to_array('\(text)', e'\\n'))) to program 'umask 077; cat >\(name)'"
          )
        }
        try await connection.executeScript("alter system set ssl = on")
        try await connection.executeScript("select pg_reload_conf()")
        await connection.close()
        try await eventually("the server encrypts") {
          try await encryption(of: url(server.url, "sslmode=prefer")) != nil
        }
        try await body(server.url, authority)
      }
    }
  }

  private func url(
    _ url: String, host: String = "localhost", _ parameters: String
  ) -> String {
    // `hostaddr` is where it goes, `host` the name that the certificate must have.
    url.replacing("@127.0.0.1:", with: "@\(host):") + "?hostaddr=127.0.0.1&" + parameters
  }

  /// The version of TLS that a connection speaks; nil for none.
  private func encryption(of url: String) async throws -> String? {
    let connection = try await connect(url)
    let row = try await connection.query(
      "select version from pg_stat_ssl where pid = pg_backend_pid()"
    ).first
    await connection.close()
    return try row?.optional("version", as: String.self)
  }

  private func refusal(of url: String) async -> PostgresError? {
    do {
      let version = try await encryption(of: url)
      Issue.record("it connected, with \(version ?? "no encryption")")
      return nil
    } catch {
      return error as? PostgresError
    }
  }

  @Test func certificateAndNameAreCheckedAsTheURLAsks() async throws {
    try await withEncryptedPostgres { server, authority in
      let trusted = "sslrootcert=\(authority.certificate)"
      for mode in ["verify-full", "verify-ca", "require"] {
        let version = try await encryption(of: url(server, "sslmode=\(mode)&\(trusted)"))
        #expect(version?.hasPrefix("TLSv1.") == true, "\(mode)")
      }
      #expect(try await encryption(of: url(server, "sslmode=disable")) == nil)

      let name = await refusal(
        of: url(server, host: "db.school.example", "sslmode=verify-full&\(trusted)"))
      #expect(name?.kind == .connectionFailed)
      #expect(name?.isTransient == true, "somebody will mend it, and events wait meanwhile")
      #expect(name?.message.contains("db.school.example") == true, "\(String(describing: name))")
      // Its authority is ours, whatever the name.
      let anyName = url(server, host: "db.school.example", "sslmode=verify-ca&\(trusted)")
      #expect(try await encryption(of: anyName) != nil)
      // The address is no name of the certificate either.
      let address = await refusal(
        of: server + "?sslmode=verify-full&\(trusted)")
      #expect(address?.kind == .connectionFailed)
    }
  }

  @Test func aCertificateOfAnotherAuthorityIsRefused() async throws {
    try await withEncryptedPostgres { server, _ in
      try await withTemporaryFolder("another-authority") { folder in
        let other = try await TestAuthority(in: folder)
        for mode in ["verify-ca", "verify-full"] {
          let error = await refusal(
            of: url(server, "sslmode=\(mode)&sslrootcert=\(other.certificate)"))
          #expect(error?.kind == .connectionFailed, "\(mode)")
          #expect(error?.message.contains("certificate verify failed") == true, "\(mode)")
        }
      }
    }
  }

  @Test func aServerWithoutTLSIsRefusedWhereItIsRequired() async throws {
    try await withPostgresDatabase { server in
      let error = await refusal(of: url(server, "sslmode=require"))
      #expect(error?.kind == .connectionFailed)
      #expect(error?.message.contains("SSL") == true, "\(String(describing: error))")
      let preferred = try await encryption(of: url(server, "sslmode=prefer"))
      #expect(preferred == nil)
    }
  }
}
