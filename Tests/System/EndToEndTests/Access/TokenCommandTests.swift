import Foundation
import HTTPServerTesting
import ProgressBusTesting
import Testing

extension EndToEnd {
  /// `progressbus token`, and what it does to processes that run.
  @Suite struct TokenCommandTests {
    private static func status(
      _ process: ProgressBusProcess, _ token: String
    ) async throws -> Int {
      try await process.request("GET", "/api/v1/courses", token: token).status
    }

    @Test func aRevokedTokenIsRefusedByTwoProcessesAndAfterARestartOfBoth() async throws {
      let tokens = try await TestTokens.make()
      try await withDeployment { deployment in
        var processes = [
          try await deployment.serve("ingest,dashboard", accessBy: tokens),
          try await deployment.serve("ingest,dashboard", accessBy: tokens),
        ]
        let issued = try await deployment.token([
          "issue", "--scope", "dashboard", "--scope", "ingest", "--sub", "t-1", "--course",
          "py101", "--ttl", "2h",
        ])
        try #require(issued.status == 0, "\(issued)")
        let token = issued.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let bystander = try TestTokens.token(scope: "dashboard", courses: ["py101"], id: "other")
        let inspected = try await deployment.token(["inspect"], input: token)
        #expect(inspected.status == 0 && inspected.output.contains("the token is good"))
        #expect(inspected.output.contains(#""scope":"dashboard ingest""#))
        #expect(!"\(issued)\(inspected)".contains(TestTokens.secret))
        var sockets: [RawClient] = []
        for process in processes {
          try await eventually { try await Self.status(process, token) == 200 }
          let (client, status) = try await process.listen(token: token)
          #expect(status == 101)
          _ = try await client.frame()
          sockets.append(client)
        }
        let revoked = try await deployment.token(["revoke"], input: token)
        #expect(revoked.status == 0, "\(revoked)")
        let moment = ContinuousClock.now
        for process in processes {
          try await eventually("it is refused") {
            try await Self.status(process, token) == 401
          }
          let event = NotebookEvent(student: "t-1").json
          let post = try await process.request(
            "POST", "/student-progress", token: token, body: event)
          #expect(post.status == 401)
          #expect(try await Self.status(process, bystander) == 200)
        }
        print("revoked in two processes after \(ContinuousClock.now - moment)")
        for socket in sockets {
          var frame = try await socket.frame()
          while frame.opcode != 8 { frame = try await socket.frame() }
          #expect(frame.closeCode == 4401)
        }
        let late = try await deployment.token(["inspect"], input: token)
        #expect(late.status == 1 && late.output.contains("the token was revoked"))
        for process in processes { _ = await process.stop() }
        processes = [
          try await deployment.serve("ingest,dashboard", accessBy: tokens),
          try await deployment.serve("ingest,dashboard", accessBy: tokens),
        ]
        for process in processes {
          try await eventually { try await Self.status(process, bystander) == 200 }
          #expect(try await Self.status(process, token) == 401)
        }
      }
    }

    @Test func aTokenThatEndsClosesItsWebSocket() async throws {
      let tokens = try await TestTokens.make()
      try await withDeployment { deployment in
        let process = try await deployment.serve("dashboard", accessBy: tokens)
        var claims = TestTokens.claims(scope: "dashboard", courses: ["py101"])
        // The minute for clocks that are apart is nearly over.
        claims["exp"] = Int(Date().timeIntervalSince1970) - 50
        let (client, status) = try await process.listen(token: try TestTokens.token(claims))
        #expect(status == 101)
        var frame = try await client.frame()
        #expect(frame.text.contains("hello"))
        frame = try await client.frame()
        #expect(frame.closeCode == 4401)
      }
    }

    @Test(arguments: [
      ["issue", "--scope", "ingest", "--sub", ""],
      ["issue", "--scope", "dashboard", "--course", ""], ["revoke", "--id", ""],
    ]) func anEmptyNameIsNobodys(arguments: [String]) async throws {
      try await withTemporaryFolder { folder in
        let outcome = try await ProgressBusCommand.run(
          ["token"] + arguments, environment: ["PROGRESSBUS_JWT_SECRET": TestTokens.secret],
          folder: folder, withinSeconds: 60)
        #expect(outcome.status == 64 && outcome.errors.contains("must not be empty"), "\(outcome)")
      }
    }

    @Test func aLinkBringsItsTokenBehindTheAddressOfTheServer() async throws {
      try await withTemporaryFolder { folder in
        func link(_ arguments: [String], _ environment: [String: String]) async throws
          -> CommandOutcome
        {
          try await ProgressBusCommand.run(
            ["token", "issue", "--link"] + arguments,
            environment: environment.merging(["PROGRESSBUS_JWT_SECRET": TestTokens.secret]) { $1 },
            folder: folder, withinSeconds: 20)
        }
        let admin = ["--scope", "admin", "--sub", "kim"]
        for (environment, base) in [
          ([:], "http://127.0.0.1:8080"),
          (["PROGRESSBUS_HTTP_HOST": "0.0.0.0"], "http://127.0.0.1:8080"),
          (["PROGRESSBUS_HTTP_PUBLIC_URL": "https://class.example/"], "https://class.example"),
        ] {
          let issued = try await link(admin, environment)
          #expect(issued.status == 0, "\(issued)")
          #expect(issued.output.hasPrefix("\(base)/#token=ey"), "\(issued)")
        }
        let path = try await link(admin, ["PROGRESSBUS_HTTP_PUBLIC_URL": "https://a.example/class"])
        #expect(path.status == 1 && path.errors.contains("without a path"))
        let learner = try await link(["--scope", "ingest", "--sub", "s-1"], [:])
        #expect(learner.status != 0 && learner.errors.contains("--link"))
      }
    }

    @Test func whatAProviderNeedsIsSaidAtOnce() async throws {
      try await withTemporaryFolder { folder in
        func check(_ environment: [String: String]) async throws -> CommandOutcome {
          try await ProgressBusCommand.run(
            ["check-config"], environment: environment, folder: folder, withinSeconds: 20)
        }
        let secret = ["PROGRESSBUS_JWT_SECRET": TestTokens.secret]
        let issuer = "PROGRESSBUS_OPENID_ISSUER"
        for (environment, expected) in [
          (secret.merging([issuer: "http://id.example"]) { $1 }, "must be an https URL"),
          (secret.merging([issuer: "https://id.example"]) { $1 }, "PROGRESSBUS_OPENID_CLIENT_ID"),
          (
            [issuer: "https://id.example", "PROGRESSBUS_OPENID_CLIENT_ID": "progressbus"],
            "PROGRESSBUS_JWT_SECRET"
          ),
        ] {
          let outcome = try await check(environment)
          #expect(outcome.status == 1 && outcome.errors.contains(expected), "\(outcome)")
        }
      }
    }

    @Test func whatCannotWorkIsSaidAtOnce() async throws {
      try await withTemporaryFolder { folder in
        func run(
          _ arguments: [String], _ environment: [String: String] = [:]
        ) async throws -> CommandOutcome {
          try await ProgressBusCommand.run(
            arguments, environment: environment, folder: folder, withinSeconds: 20)
        }
        let beyond = try await run(["serve", "--roles", "ingest", "--http-host", "0.0.0.0"])
        #expect(beyond.status == 1)
        #expect(beyond.errors.contains("openssl rand -base64 48"))
        let short = ["PROGRESSBUS_JWT_SECRET": "only thirty-one bytes, too short"]
        #expect(short["PROGRESSBUS_JWT_SECRET"]?.utf8.count == 32)
        let refused = try await run(
          ["serve", "--roles", "ingest"],
          ["PROGRESSBUS_JWT_SECRET": "thirty-one bytes are too short."])
        #expect(refused.status == 1 && refused.errors.contains("at least 32 bytes"))
        #expect(!refused.errors.contains("thirty-one"))
        let plain = try await run(
          ["serve", "--roles", "ingest"],
          ["PROGRESSBUS_JWT_JWKS": "http://issuer.example/jwks.json"])
        #expect(plain.status == 1 && plain.errors.contains("https URL"))
        let learner = try await run(["token", "issue", "--scope", "ingest"], short)
        #expect(learner.status != 0 && learner.errors.contains("--sub"))
        let noSecret = try await run(["token", "issue", "--scope", "admin"])
        #expect(noSecret.status == 1 && noSecret.errors.contains("PROGRESSBUS_JWT_SECRET"))
        let both = try await run(
          ["token", "issue", "--scope", "admin"],
          short.merging(["PROGRESSBUS_JWT_SECRET_FILE": "/dev/null"]) { $1 })
        #expect(both.status == 1 && both.errors.contains("one is enough"))
      }
    }
  }
}
