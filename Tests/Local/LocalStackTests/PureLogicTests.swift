import Glibc
import ProgressBusTesting
import Testing

@testable import LocalStack

@Suite struct PureLogicTests {
  @Test func aMissingProgramIsNamedWithItsPackage() {
    let error = #expect(throws: LocalStackError.self) {
      try ProgramLocator.find("no-such-server", package: "no-such-package", path: "/bin:/usr/bin")
    }
    #expect(
      error?.description
        == "no-such-server is not installed; install the Debian package no-such-package")
  }

  @Test func programsAreFoundInPathFirst() throws {
    try #expect(ProgramLocator.find("sh", package: "dash", path: "/bin") == "/bin/sh")
    try #expect(ProgramLocator.find("sh", package: "dash", path: "") == "/usr/bin/sh")
  }

  /// The published test vectors of FNV-1a.
  @Test func hashIsFNV1a() {
    #expect(StableHash.fnv1a("".utf8) == 0xcbf2_9ce4_8422_2325)
    #expect(StableHash.fnv1a("a".utf8) == 0xaf63_dc4c_8601_ec8c)
    #expect(StableHash.fnv1a("foobar".utf8) == 0x8594_4171_f739_67e8)
  }

  @Test func freePortsAreDistinctAndBelowTheEphemeralRange() throws {
    let ports = try (0..<50).map { _ in try LoopbackPort.free() }
    #expect(Set(ports).count == 50)
    #expect(ports.allSatisfy { $0 < 32_768 })
  }

  @Test func aShellStatusAbove128IsASignal() {
    #expect(ProcessExit(shellStatus: 137) == .signal(SIGKILL))
    #expect(ProcessExit(shellStatus: 1) == .code(1))
  }

  @Test func logTailIsOneLine() {
    #expect(LogTail.summary(of: "a\nb\n\nc\n", lines: 2) == "b | c")
  }

  @Test func theParentOfThisProcessIsKnown() {
    #expect(ProcessTree.parent(of: getpid()) == getppid())
    #expect(ProcessTree.members(of: getppid()).contains(getpid()))
  }

  @Test func eventuallyNamesWhatItWaitedFor() async throws {
    let failure = await #expect(throws: EventuallyFailure.self) {
      try await eventually(within: .milliseconds(20), "the sun") {
        throw LocalStackError.noFreePort
      }
    }
    let message = try #require(failure).description
    #expect(message.hasPrefix("the sun did not come true within 0.02 seconds (LocalStackTests/"))
    #expect(message.hasSuffix("the last attempt threw: no free port on 127.0.0.1"))
  }
}
