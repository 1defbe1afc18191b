import ArgumentParser
import Events

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of events.")

  @Argument(help: "One kind of event; all when it is left out.")
  var eventType: String?

  func run() throws {
    guard let eventType else {
      print(JSONSchema.document(for: .standard).pretty())
      return
    }
    guard let kind = EventCatalog.standard[eventType] else {
      throw ValidationError(
        "no kind of event is named \(eventType); there are "
          + EventCatalog.standard.kinds.map(\.eventType).joined(separator: ", "))
    }
    print(JSONSchema.document(for: kind).pretty())
  }
}
