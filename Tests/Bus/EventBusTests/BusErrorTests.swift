import RedisDriver
import Testing

@testable import EventBus

@Suite struct BusErrorTests {
  @Test(arguments: [
    "FULL the journal has no room",
    "OOM command not allowed when used memory > 'maxmemory'. script: 1a, on @user_script:5.",
    "ERR Error running script (call to f_1a): @user_script:5: -OOM command not allowed",
  ])
  func noRoomMeansFull(message: String) {
    #expect(BusError(RedisServerError(message)) == .full)
  }

  @Test(arguments: [
    "LOADING Redis is loading the dataset in memory", "MISCONF Redis is configured to save RDB",
    "READONLY You can't write against a read only replica.", "NOAUTH Authentication required.",
    "BUSY Redis is busy running a script.", "ERR max number of clients reached",
    "ERR Error running script (call to f_1a): @user_script:5: -READONLY You can't write",
  ])
  func aStateOfTheServerMeansUnavailable(message: String) {
    #expect(BusError(RedisServerError(message)) == .unavailable(message))
  }

  @Test func theRestIsNamed() {
    #expect(BusError(RedisServerError("NOGROUP No such key")) == .noGroup("NOGROUP No such key"))
    #expect(BusError(RedisServerError("ERR syntax")) == .unexpected("ERR syntax"))
    #expect(
      BusError(RedisError.timedOut(milliseconds: 5))
        == .unavailable(
          "Redis did not answer within 5 ms"))
  }
}
