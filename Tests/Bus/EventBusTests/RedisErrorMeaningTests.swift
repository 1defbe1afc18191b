import RedisDriver
import Testing

@testable import EventBus

@Suite struct RedisErrorMeaningTests {
  typealias Connection = RedisErrorMeaning.Connection

  /// What Redis 7.0 answers in each state, and 6.2 and Valkey where they differ.
  @Test(
    arguments: [
      ("OOM command not allowed when used memory > 'maxmemory'.", .outOfMemory, .stays),
      (
        "OOM command not allowed when used memory > 'maxmemory'. script: 1a, on @user_script:5.",
        .outOfMemory, .stays
      ),
      (
        "ERR Error running script (call to f_1a): @user_script:5: @user_script: 5: -OOM command",
        .outOfMemory, .stays
      ),
      ("READONLY You can't write against a read only replica.", .replica, .ends),
      (
        "ERR Error running script (call to f_1a): @user_script:5: -READONLY You can't write",
        .replica, .ends
      ),
      ("@user_script: 8: -READONLY You can't write against a read only", .replica, .ends),
      ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data", .loneReplica, .ends),
      (
        "UNBLOCKED force unblock from blocking operation, instance state changed", .replica, .ends
      ),
      ("MOVED 3999 127.0.0.1:6381", .wrongNode, .ends),
      ("ASK 3999 127.0.0.1:6381", .wrongNode, .ends),
      ("CROSSSLOT Keys in request don't hash to the same slot", .wrongNode, .ends),
      (
        "ERR Script attempted to access a non local key in a cluster node", .wrongNode, .ends
      ),
      ("CLUSTERDOWN The cluster is down", .clusterDown, .ends),
      ("CLUSTERDOWN Hash slot not served", .clusterDown, .ends),
      ("TRYAGAIN Multiple keys request during rehashing of slot", .clusterDown, .stays),
      ("LOADING Redis is loading the dataset in memory", .loading, .endsIfItLasts),
      ("ERR WAIT cannot be used with replica instances. Please also note", .replica, .ends),
      ("NOREPLICAS Not enough good replicas to write.", .fewReplicas, .stays),
      ("MISCONF Redis is configured to save RDB snapshots, but", .cannotSave, .stays),
      ("BUSY Redis is busy running a script.", .busy, .stays),
      ("WRONGTYPE Operation against a key holding the wrong kind", .wrongType, .stays),
      ("NOAUTH Authentication required.", .accessDenied, .ends),
      ("WRONGPASS invalid username-password pair", .accessDenied, .stays),
      ("NOPERM this user has no permissions to run the 'xadd' command", .accessDenied, .stays),
      (
        "ERR The user executing the script can't run this command or subcommand script: 1a, on",
        .accessDenied, .stays
      ),
      ("DENIED Redis is running in protected mode", .accessDenied, .stays),
      ("ERR max number of clients reached", .tooManyConnections, .stays),
    ] as [(String, BusFault, Connection)])
  func aStateOfTheServerIsACauseAndAVerdictOnTheConnection(
    message: String, fault: BusFault, connection: Connection
  ) {
    let meaning = RedisErrorMeaning(RedisServerError(message))
    #expect(meaning.error.fault == fault)
    guard case .unavailable = meaning.error else {
      Issue.record("\(meaning.error)")
      return
    }
    #expect(meaning.connection == connection)
  }

  @Test func theRestIsNamed() {
    func meaning(_ message: String) -> RedisErrorMeaning {
      RedisErrorMeaning(RedisServerError(message))
    }
    #expect(meaning("FULL the journal has no room").error == .full)
    for message in ["NOGROUP No such key", "UNBLOCKED the stream key no longer exists"] {
      #expect(meaning(message).error == .noGroup(message))
      #expect(meaning(message).connection == .stays)
    }
    for message in ["ERR syntax", "ERR a value -OF no code", "ERR", "", "EXECABORT discarded"] {
      #expect(meaning(message).error == .unexpected(message))
      #expect(meaning(message).connection == .stays)
    }
  }

  @Test func whoBrokeOffLeavesTheOutcomeOpen() {
    #expect(
      BusError(RedisError.timedOut(milliseconds: 5))
        == .unanswered("Redis did not answer within 5 ms"))
    for error in [RedisError.closed, .connectionLost(reason: "x"), .malformedReply("x")] {
      #expect(!BusError(error).leftNothingDone)
      #expect(BusError(error).fault == .unreachable)
    }
    let answer = RedisServerError("READONLY You can't write against a read only replica.")
    #expect(BusError(RedisError.leftServer(answer)).fault == .replica)
  }

  @Test func aRefusedConnectionHasTheRefusalsCause() throws {
    let address = try RedisAddress(parsing: "redis://localhost")
    func fault(_ message: String) -> BusFault {
      BusError(RedisError.refused(address, RedisServerError(message))).fault
    }
    #expect(fault("LOADING Redis is loading the dataset in memory") == .loading)
    #expect(fault("ERR max number of clients reached") == .tooManyConnections)
    #expect(fault("ERR DB index is out of range") == .accessDenied)
    #expect(BusError(RedisError.cannotConnect(address, reason: "x")).fault == .unreachable)
  }

  @Test func causesAreToldApartByNameAndSentence() {
    #expect(Set(BusFault.allCases.map(\.sentence)).count == BusFault.allCases.count)
    #expect("\(BusError.full)" == BusFault.journalFull.sentence)
    #expect("\(BusError.unavailable(.outOfMemory, "OOM x"))" == "Redis has no memory left: OOM x")
  }
}
