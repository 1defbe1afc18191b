import EventBus
import Events
import NIOCore
import PostgresDriver
import WorkerRuntime

/// A batch sorted by the SQL function that stores each event.
struct BatchGrouping: Sendable {
  struct Group: Sendable {
    enum Form: Sendable {
      case rows(ArrivedBatch)
      /// One JSON array for the function.
      case json(JSONDocument)
    }

    let function: String
    let form: Form
  }

  /// In the order of the functions' names.
  let groups: [Group]
  /// Events of kinds that the catalog does not know.
  let refusals: [Refusal]

  init(_ batch: [JournalEntry], catalog: EventCatalog) {
    var indices: [String: [Int]] = [:]
    var refusals: [Refusal] = []
    for (index, entry) in batch.enumerated() {
      if let kind = catalog[entry.eventType] {
        indices[kind.storedBy, default: []].append(index)
      } else {
        refusals.append(
          Refusal(index: index, reason: "no event kind is called \"\(entry.eventType)\""))
      }
    }
    self.refusals = refusals
    self.groups = indices.sorted { $0.key < $1.key }.map { function, indices in
      Group(function: function, form: Self.form(of: indices.map { batch[$0].payload }, function))
    }
  }

  private static func form(of payloads: [ByteBuffer], _ function: String) -> Group.Form {
    if function == ArrivedBatch.storedBy, let batch = ArrivedBatch(payloads) {
      return .rows(batch)
    }
    return .json(array(of: payloads))
  }

  /// Joins JSON texts without a look into them.
  private static func array(of payloads: [ByteBuffer]) -> JSONDocument {
    let size = payloads.reduce(2) { $0 + $1.readableBytes + 1 }
    var document = JSONDocument(capacity: size)
    document.append(UInt8(ascii: "["))
    for (index, payload) in payloads.enumerated() {
      if index > 0 { document.append(UInt8(ascii: ",")) }
      payload.withUnsafeReadableBytes { document.append(contentsOf: $0) }
    }
    document.append(UInt8(ascii: "]"))
    return document
  }
}
