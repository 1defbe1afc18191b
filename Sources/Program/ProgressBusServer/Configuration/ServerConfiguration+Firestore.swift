import BigQueryMirror
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
    let emulator = try firestoreEmulator()
    return FirestoreDatabase(
      client: GoogleClient(
        baseURL: FirestoreDatabase.baseURL(emulatorHost: emulator), transport: transport,
        authorization: emulator == nil ? authorization : nil),
      project: try firestoreProject(), database: try firestoreDatabaseID())
  }

  /// The database whose sessions count, `projects/p/databases/d`; nil when its project is not set by itself.
  func firestoreDatabase() throws(ConfigurationError) -> String? {
    guard settings.text("firestore.project") != nil else { return nil }
    return "projects/\(try firestoreProject())/databases/\(try firestoreDatabaseID())"
  }

  /// - Throws: when no project is named, or what is named can be none.
  func firestoreProject() throws(ConfigurationError) -> String {
    let own = settings.text("firestore.project")
    guard let project = own ?? settings.text("google.project") else {
      throw ConfigurationError(
        "PROGRESSBUS_FIRESTORE_PROJECT",
        "is not set, nor is GOOGLE_CLOUD_PROJECT, and Firestore needs one of them")
    }
    // Those of a domain have its name in front, `example.com:project`.
    guard project.wholeMatch(of: /[A-Za-z0-9._:-]{1,100}/) != nil else {
      throw ConfigurationError(
        own == nil ? "GOOGLE_CLOUD_PROJECT" : "PROGRESSBUS_FIRESTORE_PROJECT",
        "must be the id of a project: letters, digits, - . and :")
    }
    return project
  }

  func firestoreDatabaseID() throws(ConfigurationError) -> String {
    let database = settings.text("firestore.database") ?? "(default)"
    guard database.wholeMatch(of: /\(default\)|[A-Za-z0-9-]{1,63}/) != nil else {
      throw ConfigurationError(
        "PROGRESSBUS_FIRESTORE_DATABASE",
        "must be (default), or the id of a database: letters, digits and -")
    }
    return database
  }

  /// `host:port` of an emulator; nil for Google.
  func firestoreEmulator() throws(ConfigurationError) -> String? {
    guard let host = settings.text("firestore.emulator_host") else { return nil }
    guard host.wholeMatch(of: /(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}/) != nil else {
      throw ConfigurationError(
        "FIRESTORE_EMULATOR_HOST", "must be host:port, without http:// in front")
    }
    return host
  }

  func checkFirestore() throws(ConfigurationError) {
    _ = try completionRules()
    _ = try firestoreEmulator()
    _ = try firestoreDatabaseID()
    _ = try firestoreDatabase()
    guard roles.contains(.firestoreSource) else { return }
    _ = try database()
    _ = try firestoreProject()
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

extension GoogleAccessTokens {
  /// For calls that have nothing to do with BigQuery. A token that may be had later is no lack of permission.
  nonisolated func authorization() -> GoogleClient.Authorization {
    { [self] in
      do { return try await value() } catch let error as MirrorError where error.mayPass {
        if case .unreachable(let why) = error { throw GoogleCallError(.unreachable(why)) }
        throw GoogleCallError(.unreachable("no access token: \(error)"))
      }
    }
  }
}
