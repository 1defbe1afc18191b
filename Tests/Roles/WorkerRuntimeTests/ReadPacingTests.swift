import Testing

@testable import WorkerRuntime

@Suite struct ReadPacingTests {
  @Test func readsGrowWhileTheyComeBackFull() {
    var size = ReadSize(maximum: 5000)
    #expect(size.count == 1000)
    size.note(entries: 1000, bytes: 400_000)
    #expect(size.count == 2000)
    size.note(entries: 2000, bytes: 800_000)
    size.note(entries: 4000, bytes: 1_600_000)
    #expect(size.count == 5000)
    size.note(entries: 4999, bytes: 2_000_000)
    #expect(size.count == 1000)
    #expect(ReadSize(maximum: 10).count == 10)
  }

  @Test func largeEventsAreReadAFewAtATime() {
    var size = ReadSize(maximum: 5000)
    size.note(entries: 1000, bytes: 1000 * 65_536)
    #expect(size.count == 256)
    // Nothing read says nothing about the events.
    size.note(entries: 0, bytes: 0)
    #expect(size.count == 256)
    size.note(entries: 256, bytes: 256 * 400)
    #expect(size.count == 512)
    size.note(entries: 1, bytes: 1 << 30)
    #expect(size.count == 1)
  }

  @Test func onlyReadsThatBringLittleAreKeptApart() {
    var pace = ReadPace(interval: .milliseconds(5))
    #expect(pace.wait(at: .zero) == nil)
    pace.note(entries: 3, at: .seconds(1))
    #expect(pace.wait(at: .seconds(1) + .milliseconds(2)) == .milliseconds(3))
    #expect(pace.wait(at: .seconds(1) + .milliseconds(5)) == nil)
    pace.note(entries: 100, at: .seconds(2))
    #expect(pace.wait(at: .seconds(2)) == nil)
    // A read that waited in vain was slow enough.
    pace.note(entries: 0, at: .seconds(3))
    #expect(pace.wait(at: .seconds(3)) == nil)
  }
}
