import AgentEngine
import Firestore
public import Sessions

extension ServerConfiguration {
  /// Which store a user's sessions are in.
  ///
  /// - Throws: when `MIGRATION_PERCENTAGE` is no whole number from 0 to 100.
  public func sessionRouting() throws(ConfigurationError) -> SessionRouting {
    do throws(SessionRouting.InvalidPercentage) {
      return try SessionRouting(
        agentEngineID: settings.text("agent_engine.id"),
        agentEngineResourceName: settings.text("agent_engine.resource_name"),
        migratedUsers: settings.text("migration.user_ids"),
        percentage: settings.text("migration.percentage"))
    } catch {
      throw ConfigurationError("MIGRATION_PERCENTAGE", "\(error)")
    }
  }

  /// What about the sessions' settings is worth a word at the start; nil when nothing is.
  public var sessionWarning: String? {
    let id = settings.text("agent_engine.id")
    let name = settings.text("agent_engine.resource_name")
    switch (id, name) {
    case (nil, .some):
      return
        "AGENT_ENGINE_RESOURCE_NAME is set and AGENT_ENGINE_ID is not: all sessions stay in Firestore"
    case (.some, nil):
      return
        "AGENT_ENGINE_ID is set and AGENT_ENGINE_RESOURCE_NAME is not: all sessions stay in Firestore"
    default: return nil
    }
  }

  /// Whether every setting of sessions that is given makes sense.
  func checkSessions() throws(ConfigurationError) {
    _ = try sessionRouting()
    _ = try agentEngine()
  }

  func firestoreLayout() -> FirestoreLayout {
    FirestoreLayout(
      FirestoreLayout.Kind(rawValue: settings.text("sessions.layout") ?? "") ?? .coach,
      app: settings.text("sessions.app") ?? "", root: settings.text("sessions.adk_root") ?? "")
  }

  /// Nil when Agent Engine is not set.
  ///
  /// - Throws: when its name is malformed.
  func agentEngine() throws(ConfigurationError) -> AgentEngineConfiguration? {
    guard let id = settings.text("agent_engine.id"),
      let name = settings.text("agent_engine.resource_name")
    else { return nil }
    let endpoint = try webAddress("agent_engine.endpoint", as: "AGENT_ENGINE_ENDPOINT")
    do throws(AgentEngineNameError) {
      return try AgentEngineConfiguration(
        id: id, resourceName: name, endpoint: endpoint,
        timeToLive: .seconds(settings.integer("agent_engine.ttl_days") * 86_400))
    } catch {
      throw ConfigurationError("AGENT_ENGINE_RESOURCE_NAME", "\(error)")
    }
  }
}
