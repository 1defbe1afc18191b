import Testing

@testable import WorkerRuntime

@Suite struct ReadPacingTests {
  @Test func readsGrowWhileTheyComeBackFull() {
    var size = ReadSize(maximum: 5000)
    #expect(size.count == 1000)
    size.note(entries: 1000)
    #expect(size.count == 2000)
    size.note(entries: 2000)
    size.note(entries: 4000)
    #expect(size.count == 5000)
    // Nothing read says nothing about what comes.
    size.note(entries: 0)
    #expect(size.count == 5000)
    size.note(entries: 4999)
    #expect(size.count == 1000)
    #expect(ReadSize(maximum: 10).count == 10)
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
