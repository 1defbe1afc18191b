import EventBus
import Events
import HTTPServer
import HTTPTypes
import NIOCore
import NIOHTTP1

/// Takes the body of a request apart into events. One for each event loop, so that its memory is
/// used again by every request on that loop.
struct BatchDecoder {
  /// Events of a batch are written into pieces of memory that hold many of them.
  private static let longestChunk = 64 * 1024

  /// An accepted event that is written, and not yet handed out.
  private struct WrittenEvent {
    let eventType: String
    let start: Int
    let length: Int
  }

  private let limits: IngestConfiguration
  private var tape = JSONTape()
  private var normalizer: EventNormalizer
  private var clocks = SenderClocks()
  /// By the place in the request: when events happened whose sender's clock is wrong.
  private var corrections: [Int: Timestamp] = [:]
  /// What the sender of the request at hand may send; nil for everything.
  private var rights: SendingRights?
  private var learners: LearnerReader
  private var chunk = ByteBuffer()
  /// What the next one holds at least.
  private var chunkBytes = 0
  /// What stands in the chunk.
  private var written: [WrittenEvent] = []

  init(configuration: IngestConfiguration, catalog: EventCatalog) {
    limits = configuration
    learners = LearnerReader(catalog: catalog)
    normalizer = EventNormalizer(
      catalog: catalog, limits: configuration.eventLimits, keepsWork: configuration.keepsWork)
  }

  /// - Parameters:
  ///   - sentAt: what the sender's clock said when the request was sent.
  ///   - rights: what the sender may send; nil for everything. Other events are rejected, each alone.
  /// - Throws: the problem when nothing in the body can be told apart as an event.
  mutating func decode(
    _ body: ByteBuffer, format: BodyFormat, receivedAt: Timestamp, sentAt: Timestamp? = nil,
    rights: SendingRights? = nil
  ) throws(Problem) -> DecodedBatch {
    self.rights = rights
    let batch = try read(body, format: format, receivedAt: receivedAt)
    let clock = clocks.clock(saying: sentAt, at: receivedAt, limits: limits.eventLimits)
    guard batch.isClockInDoubt || clock.map({ $0 != .right }) ?? false else { return batch }
    corrections = clocks.corrections(of: batch, by: clock, receivedAt: receivedAt)
    guard !corrections.isEmpty else { return batch }
    // Clocks are rarely wrong, so only then everything is written again.
    defer { corrections = [:] }
    return try read(body, format: format, receivedAt: receivedAt)
  }

  private mutating func read(
    _ body: ByteBuffer, format: BodyFormat, receivedAt: Timestamp
  ) throws(Problem) -> DecodedBatch {
    // What a request left behind that was refused in the middle.
    written.removeAll(keepingCapacity: true)
    chunk = ByteBuffer()
    chunkBytes = min(CanonicalForm.bound(of: body.readableBytes), Self.longestChunk)
    do {
      return try body.withUnsafeReadableBytes { raw in
        try raw.withMemoryRebound(to: UInt8.self) { bytes in
          switch format {
          case .json: try decodeJSON(bytes, receivedAt: receivedAt)
          case .ndjson: try decodeLines(bytes, receivedAt: receivedAt)
          }
        }
      }
    } catch let problem as Problem {
      throw problem
    } catch {
      preconditionFailure("only problems are thrown above: \(error)")
    }
  }

  private mutating func decodeJSON(
    _ bytes: UnsafeBufferPointer<UInt8>, receivedAt: Timestamp
  ) throws(Problem) -> DecodedBatch {
    do {
      try tape.scan(bytes)
    } catch {
      throw .noJSON(error)
    }
    let top = tape.tokens[0]
    var batch = DecodedBatch()
    guard top.kind == .array else {
      append(0, of: bytes, index: 0, receivedAt: receivedAt, to: &batch)
      handOut(to: &batch)
      // In a batch such an event is rejected alone; here it is the whole request.
      if let error = batch.rejected.first?.errors.first, error.code == .tooLarge {
        throw Problem(status: .contentTooLarge, detail: error.message)
      }
      return batch
    }
    guard Int(top.count) <= limits.eventsPerRequest else { throw tooManyEvents() }
    batch.accepted.reserveCapacity(Int(top.count))
    batch.events.reserveCapacity(Int(top.count))
    var token = 1
    var index = 0
    while token < Int(top.next) {
      append(token, of: bytes, index: index, receivedAt: receivedAt, to: &batch)
      token = Int(tape.tokens[token].next)
      index += 1
    }
    handOut(to: &batch)
    return batch
  }

  private mutating func decodeLines(
    _ bytes: UnsafeBufferPointer<UInt8>, receivedAt: Timestamp
  ) throws(Problem) -> DecodedBatch {
    var batch = DecodedBatch()
    var index = 0
    var firstFault: JSONSyntaxError?
    var wellFormed = 0
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let text = UnsafeBufferPointer(rebasing: line)
      guard text.contains(where: { $0 > 0x20 }) else { continue }
      guard index < limits.eventsPerRequest else { throw tooManyEvents() }
      do {
        try tape.scan(text)
        wellFormed += 1
        append(0, of: text, index: index, receivedAt: receivedAt, to: &batch)
      } catch {
        if firstFault == nil { firstFault = error }
        batch.rejected.append(
          DecodedBatch.Rejected(
            index: index,
            errors: [FieldError("", .syntax, "the line is no JSON: \(error)")]))
      }
      index += 1
    }
    handOut(to: &batch)
    if wellFormed == 0 { throw .noJSON(firstFault ?? JSONSyntaxError(.empty, at: 0)) }
    return batch
  }

  private mutating func append(
    _ token: Int, of bytes: UnsafeBufferPointer<UInt8>, index: Int, receivedAt: Timestamp,
    to batch: inout DecodedBatch
  ) {
    let length = Int(tape.tokens[token].end - tape.tokens[token].start)
    let bound = CanonicalForm.bound(of: min(length, limits.eventLimits.eventBytes))
    if chunk.writableBytes < bound {
      handOut(to: &batch)
      chunk = ByteBufferAllocator().buffer(capacity: max(bound, chunkBytes))
    }
    let start = chunk.writerIndex
    do {
      var event: NormalizedEvent?
      try chunk.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { memory in
        let normalized = try normalizer.normalize(
          bytes, tape: tape, at: token, receivedAt: receivedAt,
          // A batch is in the order in which it happened, and stays so in the stores.
          defaultOccurredAt: Timestamp(microseconds: receivedAt.microseconds + Int64(index)),
          correctedAt: corrections.isEmpty ? nil : corrections[index], into: memory)
        let written = UnsafeRawBufferPointer(rebasing: memory.prefix(normalized.length))
        if let fault = rights?.fault(of: normalized, in: written, reader: &learners) {
          throw EventRejection(fault)
        }
        event = normalized
        return normalized.length
      }
      guard let event else { return }
      if event.takesCorrection,
        SenderClock.isInDoubt(event.occurredAt, receivedAt: receivedAt)
      {
        batch.isClockInDoubt = true
      }
      batch.accepted.append(DecodedBatch.Accepted(index: index, id: event.id))
      written.append(
        WrittenEvent(eventType: event.eventType, start: start, length: event.length))
    } catch let rejection as EventRejection {
      batch.rejected.append(DecodedBatch.Rejected(index: index, errors: rejection.errors))
    } catch {
      preconditionFailure("only rejections are thrown above: \(error)")
    }
  }

  /// Gives the batch what was written. Before that nobody else has the memory: a buffer that two have is copied
  /// when one of them writes.
  private mutating func handOut(to batch: inout DecodedBatch) {
    for event in written {
      guard let payload = chunk.getSlice(at: event.start, length: event.length) else {
        preconditionFailure("what was written stands in the chunk")
      }
      batch.events.append(PublishedEvent(eventType: event.eventType, payload: payload))
    }
    written.removeAll(keepingCapacity: true)
    chunk = ByteBuffer()
  }

  private func tooManyEvents() -> Problem {
    Problem(
      status: .contentTooLarge,
      detail: "a request must not hold more than \(limits.eventsPerRequest) events")
  }
}

/// What came of the events of one request.
struct DecodedBatch {
  struct Accepted {
    /// The event's place in the request, from 0.
    let index: Int
    let id: EventID
  }

  struct Rejected {
    let index: Int
    let errors: [FieldError]
  }

  var accepted: [Accepted] = []
  /// What another program sent, with an id of its own, that there is no kind of event for.
  var ignored: [Accepted] = []
  /// The accepted events, in their order, ready for the bus.
  var events: [PublishedEvent] = []
  var rejected: [Rejected] = []
  /// Whether an event may be the work of a wrong clock.
  var isClockInDoubt = false
}
