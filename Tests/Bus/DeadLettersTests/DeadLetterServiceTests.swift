import DeadLetters
import EventBus
import Events
import NIOCore
import NIOPosix
import ProgressBusTesting
import Testing

struct DeadLetterServiceTests {
  /// Rows in memory that wait for an operator.
  private actor Rows: RefusedRowStore {
    private var rows: [RefusedRow]
    private(set) var replayed: [Int64] = []

    init(_ rows: [RefusedRow]) { self.rows = rows }

    func refusedRows(after number: Int64, limit: Int, reason: String?) -> [RefusedRow] {
      Array(
        rows.filter { $0.number > number && (reason.map($0.reason.contains) ?? true) }
          .prefix(limit))
    }

    func refusedRow(_ number: Int64) -> RefusedRowContent? {
      rows.first { $0.number == number }.map {
        RefusedRowContent(row: $0, sourceKey: "k", fullReason: "in full", document: "{}")
      }
    }

    func replayRefusedRows(_ numbers: [Int64]) -> Int {
      replayed += numbers
      return purgeRefusedRows(numbers)
    }

    func purgeRefusedRows(_ numbers: [Int64]) -> Int {
      let before = rows.count
      rows.removeAll { numbers.contains($0.number) }
      return before - rows.count
    }
  }

  /// Takes any message for an event, but an empty one.
  private struct Decoder: HandPublishedDecoder {
    func decode(_ payload: ByteBuffer) -> HandPublishedMessage {
      payload.readableBytes == 0
        ? .invalid(reason: "empty") : .event(PublishedEvent(eventType: "help", payload: payload))
    }
  }

  private let bus = MemoryEventBus(eventLoop: MultiThreadedEventLoopGroup.singleton.any())

  private func service(rows: (any RefusedRowStore)? = nil) -> DeadLetterService {
    DeadLetterService(
      bus: .init(store: bus.deadLetters, publisher: bus.publisher, decoder: Decoder()), rows: rows)
  }

  private func add(_ sink: String, _ reason: String, _ payload: String = "{}") async throws {
    _ = try await bus.deadLetters.add([
      RefusedEntry(
        id: .zero,
        deadLetter: DeadLetter(
          sink: sink, reason: reason, attempts: 1, eventType: "help",
          payload: ByteBuffer(string: payload)))
    ])
  }

  private func row(_ number: Int64, at moment: Timestamp) -> RefusedRow {
    RefusedRow(
      number: number, sourceTable: "sessions", attempts: 2, reason: "invalid", refusedAt: moment)
  }

  private func ids(_ listing: DeadLetterListing) async throws -> [DeadLetterID] {
    var ids: [DeadLetterID] = []
    for try await entry in listing { ids.append(entry.id) }
    return ids
  }

  @Test func bothStoresAreListedAsOneByTheTimeOfRefusal() async throws {
    try await add("postgres", "too long")
    let old = row(1, at: Timestamp(microseconds: 0))
    let new = row(2, at: Timestamp(microseconds: 4_000_000_000_000_000))
    let service = service(rows: Rows([old, new]))
    let listed = try await ids(service.list(DeadLetterFilter()))
    #expect(listed.map(\.sink) == ["bigquery", nil, "bigquery"])
    #expect(try await ids(service.list(DeadLetterFilter(sink: "bigquery"))) == [.row(1), .row(2)])
    #expect(try await ids(service.list(DeadLetterFilter(sink: "postgres"))) == [listed[1]])
    #expect(try await ids(service.list(DeadLetterFilter(reason: "TOO L"))) == [listed[1]])
  }

  @Test func aReplayReachesTheStoreThatKeepsTheDeadLetter() async throws {
    try await add("postgres", "too long")
    let rows = Rows([row(7, at: .now())])
    let service = service(rows: rows)
    let all = try await ids(service.list(DeadLetterFilter()))
    let outcome = try await service.replay(all + [.row(8), .event(.zero)])
    #expect(outcome.replayed == 2)
    #expect(await rows.replayed == [7, 8])
    #expect(try await ids(service.list(DeadLetterFilter())).isEmpty)
  }

  @Test func aHandPublishedMessageIsPublishedToAllOnceItIsAnEvent() async throws {
    try await add(DeadLetter.busName, "no JSON", "")
    try await add(DeadLetter.busName, "no JSON", "{}")
    let service = service()
    let all = try await ids(service.list(DeadLetterFilter()))
    let outcome = try await service.replay(all)
    #expect(outcome.replayed == 1)
    #expect(outcome.stillInvalid.map(\.id) == [all[0]])
    #expect(try await bus.journal.state().entries == 1)
    #expect(try await ids(service.list(DeadLetterFilter())) == [all[0]])
  }

  @Test func aBulkOperationEndsInTimeAndTellsWhereToGoOn() async throws {
    for _ in 0..<1200 { try await add("postgres", "too long") }
    let service = service()
    var position: DeadLetterPosition? = .start
    var purged: [Int] = []
    while let after = position {
      let part = try await DeadLetterBulkOperation(
        service, filter: DeadLetterFilter(), after: after, through: .end, timeLimit: .zero
      ).purge()
      purged.append(part.purged)
      position = part.next
    }
    #expect(purged == [500, 500, 200])
  }

  @Test func whatIsRefusedAgainMeanwhileIsLeftAlone() async throws {
    try await add("postgres", "too long")
    let service = service()
    let end = try await service.end()
    try await add("postgres", "too long")
    let count = try await DeadLetterBulkOperation(
      service, filter: DeadLetterFilter(), after: .start, through: end
    ).count()
    #expect(count.count == 1)
    #expect(count.next == nil)
  }

  @Test(arguments: ["1700000000000-0", "bigquery-17"])
  func anIDIsReadAsItIsWritten(text: String) throws {
    #expect(try #require(DeadLetterID(text)).description == text)
  }

  @Test(arguments: ["", "bigquery-", "bigquery--1", "bigquery-+1", "bigquery-x", "17", "x-0"])
  func whatIsNoIDIsRefused(text: String) {
    #expect(DeadLetterID(text) == nil)
  }
}
