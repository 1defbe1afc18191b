import Foundation
import ProgressBusTesting

/// Files that tests of several languages read.
enum Fixture {
  static func url(_ name: String) -> URL {
    ProjectFolder.url.appendingPathComponent("Tests/Support/Fixtures/\(name)")
  }

  static func read<Value: Decodable>(_ name: String, as type: Value.Type) -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(type, from: Data(contentsOf: url(name)))
    } catch {
      // Test arguments are made before any test could fail.
      fatalError("\(name): \(error)")
    }
  }
}
