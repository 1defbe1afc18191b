import Events
import Foundation

@testable import API

extension FuzzTarget {
  /// Notebooks that teachers upload: an outline is within its bounds, in the notebook's order, and read back as it was stored;
  /// what is refused says why.
  static let notebookOutline = FuzzTarget("notebook-outline", seeds: seeds.map { Array($0.utf8) }) {
    input in
    do throws(NotebookFault) {
      let outline = try NotebookOutline(notebook: Array(input))
      return fault(of: outline, madeOf: Array(input))
    } catch {
      return error.description.isEmpty ? "a refusal without words" : nil
    }
  }

  private static func fault(of outline: NotebookOutline, madeOf input: [UInt8]) -> String? {
    let entries = outline.entries
    guard entries.count <= NotebookOutline.mostEntries,
      outline.cellCount <= NotebookOutline.mostCells
    else { return "more entries than there may be" }
    guard zip(entries, entries.dropFirst()).allSatisfy({ $0.index <= $1.index }) else {
      return "another order than the notebook's"
    }
    let numbers = entries.compactMap(\.number)
    guard numbers == Array(numbers.indices.map { $0 + 1 }) else { return "a gap in the numbers" }
    let ids = entries.compactMap(\.id)
    guard Set(ids).count == ids.count else { return "two cells of one id" }
    guard entries.allSatisfy({ $0.level.map { (1...6).contains($0) } ?? true }) else {
      return "a heading of no level"
    }
    let titles = entries.compactMap(\.title)
    guard
      titles.allSatisfy({ !$0.contains(where: \.isNewline) && $0.contains { !$0.isWhitespace } })
    else { return "a title of several lines, or of none" }
    guard let stored = try? JSONEncoder().encode(entries),
      let read = try? JSONDecoder().decode([OutlineEntry].self, from: stored)
    else { return "cannot be stored" }
    guard read == entries else { return "not read back as it was" }
    return (try? NotebookOutline(notebook: input)) == outline
      ? nil : "another outline the second time"
  }

  private static let seeds = [
    ##"{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"cell_type":"markdown","id":"m","metadata":{},"source":["# Soup *of* `x`\n","\n","Two\n","---\n"]},{"cell_type":"code","id":"c","metadata":{"tags":["exercise:q1","hide-input"],"nbgrader":{"grade_id":"g"}},"source":"#| title: T\ncheck(\"q2\", 1)\n","outputs":[]},{"cell_type":"raw","metadata":{},"source":"x"}]}"##,
    ##"{"nbformat":4,"nbformat_minor":0,"metadata":{},"cells":[{"cell_type":"code","metadata":{"title":"A\u2028b"},"source":["# %% 日本語\n","grader.check('q')"]},{"cell_type":"code","id":"c","metadata":{},"source":""}]}"##,
    "{\"nbformat\":4,\"cells\":[{\"cell_type\":\"markdown\",\"source\":\"```\\n# no\\n```\\n###### six ######\\n<h2>t</h2>\"}]}",
  ]
}
