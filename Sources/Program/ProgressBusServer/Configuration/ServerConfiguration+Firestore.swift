import CurlTransport
import Firestore
import FirestoreSource
import GoogleCalls

extension ServerConfiguration {
  var firestoreSource: FirestoreSourceConfiguration {
    var source = FirestoreSourceConfiguration()
    source.pollInterval = .seconds(settings.integer("firestore.poll_seconds"))
    source.overlap = .seconds(settings.integer("firestore.overlap_seconds"))
    source.passInterval = .seconds(settings.integer("firestore.full_pass_seconds"))
    source.maximumAttempts = settings.integer("bq_sync.max_attempts")
    return source
  }

  /// - Parameter authorization: of calls; not asked with an emulator.
  func firestore(
    transport: any HTTPTransport, authorization: @escaping GoogleClient.Authorization
  ) throws(ConfigurationError) -> FirestoreDatabase {
    let emulator = settings.text("firestore.emulator_host")
    return FirestoreDatabase(
      client: GoogleClient(
        baseURL: FirestoreDatabase.baseURL(emulatorHost: emulator), transport: transport,
        authorization: emulator == nil ? authorization : nil),
      project: try firestoreProject(),
      database: settings.text("firestore.database") ?? "(default)")
  }

  /// The database whose sessions count, `projects/p/databases/d`; nil when the project is not set.
  var firestoreDatabase: String? {
    settings.text("firestore.project").map {
      "projects/\($0)/databases/\(settings.text("firestore.database") ?? "(default)")"
    }
  }

  /// Which documents are completed sessions.
  func completionRules() throws(ConfigurationError) -> CompletionRules {
    let field = try settings.text("firestore.completion_field", for: "completed sessions")
    // A name that needs no quotes in a field path
    // (https://cloud.google.com/firestore/docs/reference/rest/v1/StructuredQuery#FieldReference).
    guard field.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]{0,127}/) != nil else {
      throw ConfigurationError(
        "FIRESTORE_COMPLETION_FIELD", "must be the name of a field at the top of the document")
    }
    return CompletionRules(completionField: field)
  }
}
