import Foundation

/// Why a file is no notebook that an outline can be made of. Names the member at fault, and quotes nothing of the file.
public struct NotebookFault: Error, Equatable, CustomStringConvertible {
  public let description: String
}

extension NotebookOutline {
  /// The largest notebook, in bytes of its file. What makes notebooks large is their outputs, which nobody needs here.
  public static let longestNotebook = 8 << 20
  static let mostCells = 2000
  /// Headings and code cells.
  static let mostEntries = 4000

  /// Reads a notebook of the format's versions 4.0 to 4.5, and of later ones that look the same.
  ///
  /// - Parameter notebook: the bytes of an `.ipynb` file.
  public init(notebook: some Collection<UInt8>) throws(NotebookFault) {
    guard notebook.count <= Self.longestNotebook else {
      throw NotebookFault(
        description:
          "the notebook has more than \(Self.longestNotebook >> 20) MiB; clear its outputs")
    }
    let file: NotebookFile
    do {
      file = try JSONDecoder().decode(NotebookFile.self, from: Data(notebook))
    } catch let error as DecodingError {
      throw NotebookFault(error)
    } catch {
      throw NotebookFault(description: "the notebook cannot be read")
    }
    guard file.cells.count <= Self.mostCells else {
      throw NotebookFault(description: "cells has more than \(Self.mostCells) items")
    }
    try self.init(file)
  }

  private init(_ file: NotebookFile) throws(NotebookFault) {
    var entries: [OutlineEntry] = []
    var ids: Set<String> = []
    var number = 0
    for (index, cell) in file.cells.enumerated() {
      switch cell.type {
      case "markdown":
        for (level, title) in MarkdownHeadings.read(cell.source.text) {
          entries.append(.heading(title, level: level, index: index))
        }
      case "code":
        let runs = cell.source.text.utf8.contains { $0 > 0x20 }
        if runs { number += 1 }
        // Of two cells with one id the format keeps the first as it is.
        let id = cell.id.flatMap { ids.insert($0).inserted ? $0 : nil }
        entries.append(
          .cell(
            CellTitle.title(of: cell.source.text, cell.metadata), id: id, index: index,
            number: runs ? number : nil,
            exercises: cell.metadata.exercises + CheckCalls.names(in: cell.source.text)))
      default: break
      }
      guard entries.count <= Self.mostEntries else {
        throw NotebookFault(
          description: "cells has more than \(Self.mostEntries) headings and code cells")
      }
    }
    self.init(entries: entries)
  }
}

/// What of a notebook's file is looked at.
private struct NotebookFile: Decodable {
  struct Cell: Decodable {
    let type: String
    let id: String?
    let source: MultilineText
    let metadata: CellMetadata

    enum CodingKeys: String, CodingKey {
      case type = "cell_type"
      case id, source, metadata
    }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: CodingKeys.self)
      type = try members.decode(String.self, forKey: .type)
      id = try members.decodeIfPresent(String.self, forKey: .id)
      source = try members.decode(MultilineText.self, forKey: .source)
      metadata = (try? members.decodeIfPresent(CellMetadata.self, forKey: .metadata)) ?? .init()
      guard let id else { return }
      // As the format's schema has it.
      let isAllowed = id.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x5F
      }
      guard (1...64).contains(id.utf8.count), isAllowed else {
        throw DecodingError.dataCorruptedError(
          forKey: .id, in: members,
          debugDescription: "must have 1 to 64 letters, digits, hyphens and underscores")
      }
    }
  }

  let cells: [Cell]

  private enum CodingKeys: String, CodingKey { case nbformat, cells }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    // First: an older notebook has its cells elsewhere.
    guard try members.decode(Int.self, forKey: .nbformat) == 4 else {
      throw DecodingError.dataCorruptedError(
        forKey: .nbformat, in: members,
        debugDescription: "must be 4; save the notebook anew with a Jupyter of today")
    }
    cells = try members.decode([Cell].self, forKey: .cells)
  }
}

/// A text as notebooks hold it: whole, or as a list of lines.
private struct MultilineText: Decodable {
  let text: String

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let whole = try? value.decode(String.self) {
      text = whole
    } else if let lines = try? value.decode([String].self) {
      text = lines.joined()
    } else {
      throw DecodingError.dataCorruptedError(
        in: value, debugDescription: "must be a string or a list of strings")
    }
  }
}

extension NotebookFault {
  fileprivate init(_ error: DecodingError) {
    switch error {
    case .keyNotFound(let key, let context):
      self.init(description: "\(Self.path(context.codingPath + [key])) is missing")
    case .typeMismatch(let type, let context):
      let expected =
        type == Int.self
        ? "a whole number"
        : type == String.self ? "a string" : type == [Any].self ? "a list" : "an object"
      self.init(description: "\(Self.path(context.codingPath)) must be \(expected)")
    case .valueNotFound(_, let context):
      self.init(description: "\(Self.path(context.codingPath)) must not be null")
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      let reason =
        context.debugDescription.hasPrefix("must ")
        ? context.debugDescription : "cannot be read"
      self.init(description: "\(Self.path(context.codingPath)) \(reason)")
    default: self.init(description: "the notebook is no JSON")
    }
  }

  /// Such as `cells[3].source`.
  private static func path(_ keys: [any CodingKey]) -> String {
    let path = keys.reduce("") { path, key in
      if let index = key.intValue { return "\(path)[\(index)]" }
      return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
    }
    return path.isEmpty ? "the notebook" : path
  }
}
