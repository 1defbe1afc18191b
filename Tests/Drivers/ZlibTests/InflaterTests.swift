import Testing
import Zlib

@Suite struct InflaterTests {
  /// Unpacks `packed`, given in pieces, into an output that is emptied whenever it is full.
  private func unpack(
    _ packed: [UInt8], pieceLength: Int = .max, room: Int = 1000
  ) throws -> (bytes: [UInt8], isComplete: Bool) {
    let inflater = try Inflater()
    var unpacked: [UInt8] = []
    var output = [UInt8](repeating: 0, count: room)
    var rest = packed[...]
    while !rest.isEmpty {
      var piece = rest.prefix(pieceLength)
      rest = rest.dropFirst(pieceLength)
      var isFull = false
      repeat {
        let progress = try piece.withUnsafeBytes { input in
          try output.withUnsafeMutableBytes { try inflater.inflate(input, into: $0).get() }
        }
        unpacked += output.prefix(progress.written)
        piece = piece.dropFirst(progress.taken)
        isFull = progress.written == room
      } while !piece.isEmpty || isFull
    }
    return (unpacked, inflater.isComplete)
  }

  private func pack(_ bytes: [UInt8]) throws -> [UInt8] {
    try #require(Gzip.compress(bytes))
  }

  @Test(arguments: [1, 2, 13, 1000, Int.max], [1, 64, 100_000])
  func membersAreOneStreamWhereverInputAndOutputEnd(pieceLength: Int, room: Int) throws {
    let text = Array(repeating: Array("events of a class, ".utf8), count: 300).flatMap { $0 }
    let packed = try pack(text) + pack([]) + pack(text) + pack([7])
    let (bytes, isComplete) = try unpack(packed, pieceLength: pieceLength, room: room)
    #expect(bytes == text + text + [7])
    #expect(isComplete)
  }

  @Test func aStreamIsCompleteAtTheEndsOfMembersOnly() throws {
    let member = try pack(Array("event".utf8))
    let packed = member + member
    for length in 0...packed.count {
      let isComplete = try unpack(Array(packed.prefix(length))).isComplete
      #expect(isComplete == (length == member.count || length == packed.count))
    }
  }

  @Test func whatFollowsTheLastMemberIsToldFromDamage() throws {
    let member = try pack(Array("event".utf8))
    #expect(throws: Inflater.Fault.followedByMore) { try unpack(member + [0]) }
    #expect(throws: Inflater.Fault.followedByMore) { try unpack(member + Array("{}".utf8)) }
    #expect(throws: Inflater.Fault.damaged) { try unpack(member + [0x1F, 0]) }
    #expect(throws: Inflater.Fault.damaged) { try unpack(Array("{}".utf8)) }
    var wrongSum = member
    wrongSum[member.count - 8] ^= 1
    #expect(throws: Inflater.Fault.damaged) { try unpack(wrongSum) }
  }
}
