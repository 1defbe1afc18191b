import Cryptography
import CurlTransport
import Foundation
import HTTPTypes
import Logging
import PostgresDriver
import ProgressBusTesting
import Testing

@testable import BigQueryMirror

/// Access tokens.
@Suite(.tags(.servers)) struct AccessTokenTests {
  private struct Claims: Decodable {
    let iss: String
    let scope: String
    let aud: String
    let iat: Int
    let exp: Int
  }

  /// A new RSA key, made by OpenSSL, in PEM form.
  private static func newKey(in folder: String) async throws -> (private: String, public: String) {
    func openssl(_ arguments: [String]) throws {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
      process.arguments = arguments
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      try #require(process.terminationStatus == 0)
    }
    try openssl([
      "genpkey", "-algorithm", "RSA", "-out", "\(folder)/key", "-pkeyopt", "rsa_keygen_bits:2048",
    ])
    try openssl(["pkey", "-in", "\(folder)/key", "-pubout", "-out", "\(folder)/public"])
    return (
      try String(contentsOfFile: "\(folder)/key", encoding: .utf8),
      try String(contentsOfFile: "\(folder)/public", encoding: .utf8)
    )
  }

  private func withServiceAccount(
    otherwise: @escaping FaultServer.Script,
    _ body:
      @Sendable (FaultServer, CurlTransport, _ path: String, _ publicKey: String) async throws
      -> Void
  ) async throws {
    try await withTemporaryFolder("key") { folder in
      let key = try await Self.newKey(in: folder)
      try await withBigQueryStub(otherwise: otherwise) { server in
        let file = [
          "type": "service_account", "client_email": "mirror@p.iam.gserviceaccount.com",
          "private_key": key.private, "private_key_id": "key-1",
          "token_uri": "\(server.url)/token",
        ]
        let path = "\(folder)/account.json"
        try JSONEncoder().encode(file).write(to: URL(fileURLWithPath: path))
        let transport = CurlTransport()
        try await body(server, transport, path, key.public)
        await transport.shutdown()
      }
    }
  }

  private static let granted = FaultAnswer.json(
    200, #"{"access_token":"ya29.one","expires_in":3599,"token_type":"Bearer"}"#)

  @Test func theAssertionPassesAnRS256Check() async throws {
    try await withServiceAccount(otherwise: Answers.script { _ in Self.granted }) {
      server, transport, path, publicKey in
      let source = try CredentialResolver(environment: [:], transport: transport)
        .resolve(path: path)
      let before = Int(Date().timeIntervalSince1970)
      let token = try await source.fetch()
      #expect(token.value == "ya29.one")
      let request = try #require(server.requests.first)
      let form = try #require(URLComponents(string: "?" + request.text)?.queryItems)
      #expect(
        form.first { $0.name == "grant_type" }?.value
          == "urn:ietf:params:oauth:grant-type:jwt-bearer")
      let assertion = try #require(form.first { $0.name == "assertion" }?.value)
      let signature = try JSONWebSignature(compact: assertion)
      #expect(signature.isSigned(with: try VerificationKey(pem: publicKey)))
      #expect(signature.algorithm == .rs256)
      #expect(signature.keyID == "key-1")
      let claims = try JSONDecoder().decode(Claims.self, from: Data(signature.payload))
      #expect(claims.iss == "mirror@p.iam.gserviceaccount.com")
      #expect(claims.aud == "\(server.url)/token")
      #expect(claims.scope.contains("https://www.googleapis.com/auth/"))
      #expect(claims.iat >= before && claims.exp == claims.iat + 3_600)
    }
  }

  @Test func oneTokenServesManyCallsUntilFourMinutesBeforeItsEnd() async throws {
    final class Source: AccessTokenSource {
      let count = Counter()
      func fetch() async throws(MirrorError) -> AccessToken {
        let number = await count.next()
        return AccessToken(
          value: "token-\(number)", expiresAt: Date(timeIntervalSince1970: Double(number) * 3_600))
      }
    }
    actor Counter {
      var value = 0
      func next() -> Int {
        value += 1
        return value
      }
    }
    let source = Source()
    let clock = TestClock()
    let cache = TokenCache(source, now: { clock.now })
    let values = await withTaskGroup(of: String?.self) { group in
      for _ in 0..<100 { group.addTask { try? await cache.value() } }
      return await group.reduce(into: Set<String?>()) { $0.insert($1) }
    }
    #expect(values == ["token-1"])
    clock.set(3_359)
    #expect(try await cache.value() == "token-1")
    clock.set(3_361)
    #expect(try await cache.value() == "token-2")
    await cache.discard()
    #expect(try await cache.value() == "token-3")
    #expect(await source.count.value == 3)
  }

  @Test func aRevokedKeyIsAnErrorWithoutASecret() async throws {
    try await withServiceAccount(
      otherwise: Answers.script { _ in
        .json(400, #"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#)
      }
    ) { _, transport, path, _ in
      let source = try CredentialResolver(environment: [:], transport: transport)
        .resolve(path: path)
      await #expect(
        throws: MirrorError.credentials(
          "the token endpoint refused them with HTTP 400: invalid_grant (Invalid JWT Signature.)")
      ) { try await source.fetch() }
    }
  }

  @Test func aTokenThatGoogleRefusesIsReplacedOnce() async throws {
    try await withServiceAccount(
      otherwise: Answers.script { request in
        if request.target == "/token" { return Self.granted }
        return request.headers["authorization"] == "Bearer ya29.one"
          ? Answers.accepted : Answers.error(401, "authError")
      }
    ) { server, transport, path, _ in
      let tokens = TokenCache(
        try CredentialResolver(environment: [:], transport: transport).resolve(path: path))
      let client = BigQueryClient(
        configuration: MirrorConfiguration(
          projectID: "p", datasetID: "d", emulatorURL: server.url),
        transport: transport, tokens: tokens, limiter: NoLimit())
      for _ in 0..<5 { #expect(try await client.call(.get, "/x").status == 200) }
      #expect(server.requests.count { $0.target == "/token" } == 1)
      server.answerNext(Answers.error(401, "authError"))
      #expect(try await client.call(.get, "/x").status == 200)
      #expect(server.requests.count { $0.target == "/token" } == 2)
    }
  }

  @Test func credentialsAreLookedForInTheOrderOfGoogle() async throws {
    try await withTemporaryFolder("home") { home in
      let transport = CurlTransport()
      func resolve(_ environment: [String: String]) throws -> any AccessTokenSource {
        try CredentialResolver(environment: environment, transport: transport)
          .resolve(path: nil)
      }
      let metadata = try resolve(["HOME": home, "GCE_METADATA_HOST": "here:1"])
      #expect((metadata as? MetadataTokens)?.host == "here:1")

      let folder = "\(home)/.config/gcloud"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let user =
        #"{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"}"#
      try user.write(
        toFile: "\(folder)/application_default_credentials.json", atomically: true, encoding: .utf8)
      let fromHome = try resolve(["HOME": home])
      #expect((fromHome as? AuthorizedUserTokens)?.user.refreshToken == "r")

      let missing = "\(home)/missing.json"
      #expect(throws: MirrorError.credentials("\(missing) cannot be read")) {
        _ = try resolve(["HOME": home, "GOOGLE_APPLICATION_CREDENTIALS": missing])
      }
      let broken = "\(home)/broken.json"
      try #"{"type":"service_account","client_email":"x"}"#.write(
        toFile: broken, atomically: true, encoding: .utf8)
      #expect(throws: MirrorError.credentials("\(broken) has no member private_key")) {
        _ = try resolve(["GOOGLE_APPLICATION_CREDENTIALS": broken])
      }
      await transport.shutdown()
    }
  }

  @Test func theMetadataServerIsAskedWithItsHeader() async throws {
    try await withFaultServer(
      otherwise: Answers.script { request in
        request.headers["metadata-flavor"] == "Google" ? Self.granted : .text(403, "")
      }
    ) { server in
      let transport = CurlTransport()
      let source = MetadataTokens(host: "127.0.0.1:\(server.port)", transport: transport)
      let token = try await source.fetch()
      #expect(token.value == "ya29.one")
      #expect(
        server.requests.map(\.target)
          == ["/computeMetadata/v1/instance/service-accounts/default/token"])
      await transport.shutdown()
    }
  }

  @Test func theSaltComesFromSecretManager() async throws {
    try await withFaultServer(
      otherwise: Answers.script { request in
        request.target == "/v1/projects/p/secrets/salt/versions/latest:access"
          ? .json(200, #"{"payload":{"data":"cGVwcGVyCg=="}}"#) : Self.granted
      }
    ) { server in
      let transport = CurlTransport()
      let tokens = TokenCache(
        MetadataTokens(host: "127.0.0.1:\(server.port)", transport: transport))
      let secrets = SecretManager(transport: transport, tokens: tokens, baseURL: server.url)
      let salt = try await secrets.text(project: "p", name: "salt", version: "latest")
      #expect(salt == "pepper")
      await transport.shutdown()
    }
  }

  @Test func withoutASaltTheMirrorRefusesToStart() async throws {
    try await withMirror("http://127.0.0.1:1", change: MirrorFixture.change { $0.salt = .none }) {
      mirror in
      let error = await #expect(throws: MirrorError.self) {
        try await mirror.controller.prepare()
      }
      #expect(
        error
          == .missingSalt(
            tables: ["exercise_checks", "progress_events", "training_sessions"]))
      #expect(error?.description.contains("PSEUDONYMIZATION_SALT") == true)
    }
  }
}

private struct NoLimit: CallLimiter {
  func admit() {}
}
