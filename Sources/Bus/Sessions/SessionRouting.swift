import Cryptography

/// Which store a user's sessions are in. A pure function of the settings and the user: the same answer in
/// every process and after every restart.
public struct SessionRouting: Sendable, Equatable {
  public enum Backend: String, Sendable {
    case firestore
    case agentEngine = "agent-engine"
  }

  /// Why a user is where they are.
  public enum Reason: Sendable, Equatable {
    /// `AGENT_ENGINE_ID` or `AGENT_ENGINE_RESOURCE_NAME` is not set.
    case noAgentEngine
    case noUser
    /// Voice sessions are not moved.
    case voice
    /// In `MIGRATED_USER_IDS`.
    case named
    /// The user's place among 100, and the percentage that is compared with it.
    case place(Int, percentage: Int)
  }

  public struct Decision: Sendable, Equatable {
    public let backend: Backend
    public let reason: Reason
  }

  /// What is wrong with the settings.
  public struct InvalidPercentage: Error, Sendable, Equatable, CustomStringConvertible {
    public let description = "must be a whole number from 0 to 100"
  }

  /// Whether `AGENT_ENGINE_ID` and `AGENT_ENGINE_RESOURCE_NAME` are both set.
  public let hasAgentEngine: Bool
  /// Those who are moved whatever the percentage, as UTF-8: Swift takes texts for equal that differ in their
  /// normal form, and stores do not.
  private let migratedUsers: Set<[UInt8]>
  /// In 0...100.
  public let percentage: Int

  /// - Parameters:
  ///   - migratedUsers: ids with commas between them; white space around each is dropped.
  ///   - percentage: as it was set; nil counts as 0.
  /// - Throws: when the percentage is no whole number from 0 to 100.
  public init(
    agentEngineID: String?, agentEngineResourceName: String?, migratedUsers: String?,
    percentage: String?
  ) throws(InvalidPercentage) {
    guard let number = Self.percentage(percentage ?? "0") else { throw InvalidPercentage() }
    self.percentage = number
    func isSet(_ text: String?) -> Bool { !(text ?? "").allSatisfy(\.isWhitespace) }
    hasAgentEngine = isSet(agentEngineID) && isSet(agentEngineResourceName)
    self.migratedUsers = Set(
      (migratedUsers ?? "").split(separator: ",").map { Array(Self.trimmed($0).utf8) }
        .filter { !$0.isEmpty })
  }

  /// - Parameter isVoice: whether the session is one of `kind=voice`.
  public func decide(user: String?, isVoice: Bool = false) -> Decision {
    guard hasAgentEngine else { return Decision(backend: .firestore, reason: .noAgentEngine) }
    guard let user, !user.isEmpty else { return Decision(backend: .firestore, reason: .noUser) }
    if isVoice { return Decision(backend: .firestore, reason: .voice) }
    if migratedUsers.contains(Array(user.utf8)) {
      return Decision(backend: .agentEngine, reason: .named)
    }
    let place = Self.place(of: user)
    return Decision(
      backend: place < percentage ? .agentEngine : .firestore,
      reason: .place(place, percentage: percentage))
  }

  /// A number in 0...99 that is the user's for ever: the first eight bytes of the SHA-256 of the id in
  /// UTF-8, big-endian, modulo 100. So whoever is among 10 percent is among 25 percent, too.
  public static func place(of user: String) -> Int {
    Int(SHA256.digest(of: user).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 100)
  }

  private static func percentage(_ text: String) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int(text), number <= 100
    else { return nil }
    return number
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}

extension SessionRouting.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noAgentEngine: "AGENT_ENGINE_ID and AGENT_ENGINE_RESOURCE_NAME are not both set"
    case .noUser: "there is no user id"
    case .voice: "voice sessions stay in Firestore"
    case .named: "the user is in MIGRATED_USER_IDS"
    case .place(let place, let percentage):
      place < percentage
        ? "place \(place) of 100 is below MIGRATION_PERCENTAGE \(percentage)"
        : "place \(place) of 100 is not below MIGRATION_PERCENTAGE \(percentage)"
    }
  }
}
