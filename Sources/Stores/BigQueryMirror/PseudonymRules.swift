import Cryptography
import Events
import Foundation

/// What becomes of the columns of a table that knows learners by pseudonym: every identifier is hashed,
/// and every personal column left out, inside records too. Never one without the other.
///
/// Which tables: those that `WarehouseCatalog` declares with `identifiers: .pseudonyms`, those that the
/// operator names in `BQ_SYNC_PSEUDONYMIZE_TABLES`, and those with `pseudonymised_columns` in
/// `bq_sync_registry`: `progress_events` (sql/0110) and `training_sessions` (sql/0120), whose identifiers are
/// all named there. Which columns: what the fields of the events say by their `Privacy`.
struct PseudonymRules: Sendable, Equatable {
  enum Rule: Sendable, Equatable {
    case hash
    case leaveOut
    /// A record, or an array of them.
    case inside(PseudonymRules)
  }

  /// By column; a column that has none stays as it is.
  private(set) var rules: [String: Rule] = [:]

  /// Leaves everything as it is.
  static let none = PseudonymRules(columns: [])

  init(columns: [WarehouseColumn]) {
    for column in columns {
      let inside = PseudonymRules(columns: column.columns)
      if column.privacy.isLeftOutBesidePseudonyms {
        rules[column.name] = .leaveOut
      } else if column.privacy.isIdentifier {
        rules[column.name] = .hash
      } else if !inside.isEmpty {
        rules[column.name] = .inside(inside)
      }
    }
  }

  /// The rules for a table: those of its declaration when it is declared to know learners by pseudonym,
  /// when the operator wants that, or when the registry names one of its columns. A table that the
  /// catalog does not declare goes by the registry alone.
  static func rules(
    for sourceTable: String, wanted: Set<String>, pseudonymisedColumns: [String]
  ) -> PseudonymRules {
    guard let declared = WarehouseCatalog.table(for: sourceTable),
      declared.identifiers != .open || wanted.contains(sourceTable)
        || !pseudonymisedColumns.isEmpty
    else { return .none }
    return PseudonymRules(columns: declared.columns).without(pseudonymisedColumns)
  }

  var isEmpty: Bool { rules.isEmpty }

  /// Whether it can hash anything.
  var hashes: Bool {
    rules.values.contains { rule in
      switch rule {
      case .hash: true
      case .leaveOut: false
      case .inside(let rules): rules.hashes
      }
    }
  }

  /// Whether columns are left out.
  var leavesOut: Bool {
    rules.values.contains { rule in
      switch rule {
      case .hash: false
      case .leaveOut: true
      case .inside(let rules): rules.leavesOut
      }
    }
  }

  /// The same without rules for columns that have been dealt with.
  func without(_ columns: [String]) -> PseudonymRules {
    var others = self
    for column in columns { others.rules[column] = nil }
    return others
  }

  // MARK: Schemas

  /// The columns that are left.
  func remaining(of fields: [TableField]) -> [TableField] {
    fields.compactMap { field in
      switch rules[field.name] {
      case nil, .hash: field
      case .leaveOut: nil
      case .inside(let rules): field.with(fields: rules.remaining(of: field.fields ?? []))
      }
    }
  }

  /// The path of a column that is left out although a table that exists demands it; nil when there is
  /// none.
  func demanded(by fields: [TableField]) -> String? {
    for field in fields {
      switch rules[field.name.lowercased()] {
      case .leaveOut where field.canonicalMode == "REQUIRED": return field.name
      case .inside(let rules):
        if let inner = rules.demanded(by: field.fields ?? []) { return "\(field.name).\(inner)" }
      default: continue
      }
    }
    return nil
  }

  // MARK: Rows

  /// A row's document by these rules.
  ///
  /// - Parameters:
  ///   - document: a JSON object.
  ///   - pseudonymizer: nil only for rules that hash nothing.
  /// - Throws: `JSONSyntaxError` when it is none, which PostgreSQL rules out.
  func apply(
    to document: ArraySlice<UInt8>, _ pseudonymizer: Pseudonymizer?
  ) throws -> [UInt8] {
    if isEmpty { return Array(document) }
    return try document.withUnsafeBufferPointer { bytes in
      var tape = JSONTape()
      try tape.scan(bytes)
      var rewriting = Rewriting(bytes: bytes, tokens: tape.tokens, pseudonymizer: pseudonymizer)
      rewriting.copy(0, by: self)
      return rewriting.output
    }
  }

  /// Copies a scanned text, all but what the rules are about.
  private struct Rewriting {
    let bytes: UnsafeBufferPointer<UInt8>
    let tokens: JSONTokens
    let pseudonymizer: Pseudonymizer?
    var output: [UInt8] = []

    mutating func copy(_ index: Int, by rules: PseudonymRules) {
      switch tokens[index].kind {
      case .object:
        var isFirst = true
        output.append(UInt8(ascii: "{"))
        for key in children(of: index) {
          let name = String(decoding: text(of: tokens[key]), as: UTF8.self)
          let rule = rules.rules[name]
          if rule == .leaveOut { continue }
          if !isFirst { output.append(UInt8(ascii: ",")) }
          isFirst = false
          copyWhole(key)
          output.append(UInt8(ascii: ":"))
          switch rule {
          case .hash: hash(key + 1)
          case .inside(let rules): copy(key + 1, by: rules)
          case nil, .leaveOut: copyWhole(key + 1)
          }
        }
        output.append(UInt8(ascii: "}"))
      case .array: copyElements(of: index) { $0.copy($1, by: rules) }
      default: copyWhole(index)
      }
    }

    private mutating func hash(_ index: Int) {
      let token = tokens[index]
      switch token.kind {
      case .null: copyWhole(index)
      case .array: copyElements(of: index) { $0.hash($1) }
      default:
        let identifier = JSONString.decode(
          UnsafeRawBufferPointer(text(of: token)), isEscaped: token.traits.contains(.escaped))
        // Without a salt no identifier leaves, whatever the caller forgot.
        output +=
          pseudonymizer.map { Array("\"\($0.pseudonym(for: identifier))\"".utf8) }
          ?? Array("null".utf8)
      }
    }

    private mutating func copyElements(
      of index: Int, _ copyElement: (inout Rewriting, Int) -> Void
    ) {
      output.append(UInt8(ascii: "["))
      for (place, element) in children(of: index).enumerated() {
        if place > 0 { output.append(UInt8(ascii: ",")) }
        copyElement(&self, element)
      }
      output.append(UInt8(ascii: "]"))
    }

    private mutating func copyWhole(_ index: Int) {
      let token = tokens[index]
      let quote = token.kind == .string || token.kind == .key ? 1 : 0
      output += bytes[Int(token.start) - quote..<Int(token.end) + quote]
    }

    private func text(of token: JSONToken) -> UnsafeBufferPointer<UInt8> {
      UnsafeBufferPointer(rebasing: bytes[Int(token.start)..<Int(token.end)])
    }

    /// The tokens of an array's elements, or of an object's keys.
    private func children(of index: Int) -> [Int] {
      let end = Int(tokens[index].next)
      let step = tokens[index].kind == .object ? 1 : 0
      var children: [Int] = []
      var child = index + 1
      while child < end {
        children.append(child)
        child = Int(tokens[child + step].next)
      }
      return children
    }
  }
}

/// Replaces identifiers by pseudonyms that only the holder of the salt can trace back.
public struct Pseudonymizer: Sendable {
  private let salt: [UInt8]

  /// - Parameter salt: not empty.
  public init?(salt: String) {
    guard !salt.isEmpty else { return nil }
    self.salt = Array(salt.utf8)
  }

  /// Lower-case hexadecimal SHA-256 of the identifier followed by the salt, both in UTF-8.
  public func pseudonym(for identifier: String) -> String {
    SHA256.digest(Array(identifier.utf8), salt).lowercaseHex
  }
}
