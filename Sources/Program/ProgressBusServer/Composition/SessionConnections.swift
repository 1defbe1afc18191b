import AgentEngine
import BigQueryMirror
import CurlTransport
import Firestore
import Foundation
import GoogleCalls
public import Sessions

/// The stores of sessions with the connections that they need, by the process's settings.
public struct SessionConnections: Sendable {
  /// Of each store; a migration has several calls of each of its sessions under way.
  private static let connectionsPerHost = 128

  public let firestore: any SessionStore
  /// Nil when Agent Engine is not set.
  public let agentEngine: (any SessionStore)?
  private let transport: CurlTransport

  /// Connects to nothing yet; `close()` when done.
  ///
  /// - Parameter waitsForQuotas: whether calls that a quota refuses wait until it is refilled, as a command may;
  ///   nobody who asks a server waits for that.
  /// - Throws: when a setting is missing or malformed.
  public static func open(
    _ configuration: ServerConfiguration, waitsForQuotas: Bool = false
  ) throws(ConfigurationError) -> SessionConnections {
    let settings = configuration.settings
    let quotaTries =
      waitsForQuotas ? GoogleClient.patientQuotaTries : GoogleClient.usualQuotaTries
    let project = try configuration.firestoreProject()
    let engine = try configuration.agentEngine()
    let transport = CurlTransport(
      CurlConfiguration(connectionsPerHost: connectionsPerHost))
    let tokens = GoogleAccessTokens(
      credentialsPath: settings.text("google.application_credentials"),
      environment: ProcessInfo.processInfo.environment, transport: transport)
    let authorization = tokens.authorization()
    let emulator = try configuration.firestoreEmulator()
    let firestore = FirestoreSessionStore(
      database: FirestoreDatabase(
        client: GoogleClient(
          baseURL: FirestoreDatabase.baseURL(emulatorHost: emulator), transport: transport,
          authorization: emulator == nil ? authorization : nil, quotaTries: quotaTries),
        project: project, database: try configuration.firestoreDatabaseID()),
      layout: configuration.firestoreLayout())
    let isStub = settings.text("agent_engine.endpoint") != nil
    return SessionConnections(
      firestore: firestore,
      agentEngine: engine.map { engine in
        AgentEngineSessionStore(
          client: GoogleClient(
            baseURL: engine.baseURL, transport: transport,
            authorization: isStub ? nil : authorization, quotaTries: quotaTries),
          configuration: engine)
      }, transport: transport)
  }

  /// The stores behind the routing, for as long as the process lives; nil when no project of Firestore is
  /// named.
  ///
  /// - Throws: when a setting is malformed, or the table of ids cannot be read.
  static func makeRouter(
    _ configuration: ServerConfiguration
  ) throws(ConfigurationError) -> SessionRouter? {
    let settings = configuration.settings
    guard settings.text("firestore.project") ?? settings.text("google.project") != nil else {
      return nil
    }
    let connections = try open(configuration)
    var idMap: SessionIDMap?
    if let path = settings.text("sessions.id_map") {
      do { idMap = try SessionIDMap(path: path, isWritten: false) } catch {
        throw ConfigurationError("PROGRESSBUS_SESSIONS_ID_MAP", "\(error)")
      }
    }
    return SessionRouter(
      routing: try configuration.sessionRouting(), firestore: connections.firestore,
      agentEngine: connections.agentEngine, idMap: idMap)
  }

  public func close() async { await transport.shutdown() }
}
