import Foundation

extension OutgoingRow {
  /// Nil when the source row is gone.
  ///
  /// - Throws: `MirrorError.missingSalt`.
  init?(_ row: ClaimedRow, of table: MirroredTable, _ pseudonymizer: Pseudonymizer?) throws {
    guard var document = row.document else { return nil }
    if pseudonymizer == nil, table.holdsPseudonyms || row.identities != nil {
      throw MirrorError.missingSalt(tables: [table.sourceTable])
    }
    if !table.pseudonymRules.isEmpty {
      document = try table.pseudonymRules.apply(to: document, pseudonymizer)[...]
    }
    var sourceKey = row.sourceKey
    var pseudonyms: [(name: String, value: String?)] = []
    if let pseudonymizer {
      if table.hidesKey { sourceKey = pseudonymizer.pseudonym(for: sourceKey) }
      if let identities = row.identities {
        let raw = try JSONDecoder().decode([String: Identity].self, from: Data(identities))
        pseudonyms = raw.sorted { $0.key < $1.key }.map { name, identity in
          (name, identity.text.map(pseudonymizer.pseudonym))
        }
      }
    }
    self.init(
      id: row.id, attempts: row.attempts,
      element: InsertAllRequest.element(
        insertID: InsertAllRequest.insertID(
          form: table.insertIDForm, sourceKey: sourceKey,
          correction: row.isCorrection ? row.id : nil),
        document: document, pseudonyms: pseudonyms))
  }
}

/// An identifier as it stands in a document: a text, a number, or null.
private struct Identity: Decodable {
  let text: String?

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      text = nil
    } else if let string = try? container.decode(String.self) {
      text = string
    } else {
      text = String(try container.decode(Int64.self))
    }
  }
}
