import RedisDriver

/// What an error that Redis answers means to whoever asked, and for the connection that it came on.
struct RedisErrorMeaning: Equatable {
  /// What becomes of the connection.
  enum Connection: Equatable {
    case stays
    /// The server is not the one to talk to, or not any more: the address may lead to another by now.
    case ends
    /// A primary that reads its data is soon done; a replica that takes over another server's is not.
    case endsIfItLasts
  }

  let error: BusError
  let connection: Connection

  private init(_ error: BusError, _ connection: Connection = .stays) {
    self.error = error
    self.connection = connection
  }

  /// Goes by the code, the message's first word. Redis 6.2 hides it inside an error of a script: `ERR Error
  /// running script … -OOM …`, and with `pcall` `@user_script: 5: -OOM …`.
  init(_ error: RedisServerError) {
    let message = error.message
    func unavailable(_ fault: BusFault, _ connection: Connection = .stays) -> Self {
      Self(.unavailable(fault, message), connection)
    }
    self =
      switch error.code {
      case "FULL": Self(.full)
      case "OOM": unavailable(.outOfMemory)
      case "READONLY": unavailable(.replica, .ends)
      case "MASTERDOWN": unavailable(.loneReplica, .ends)
      case "LOADING": unavailable(.loading, .endsIfItLasts)
      case "UNBLOCKED" where message.contains("stream key no longer exists"):
        Self(.noGroup(message))
      case "UNBLOCKED": unavailable(.replica, .ends)
      case "MOVED", "ASK", "CROSSSLOT": unavailable(.wrongNode, .ends)
      case "CLUSTERDOWN": unavailable(.clusterDown, .ends)
      case "TRYAGAIN": unavailable(.clusterDown)
      case "PARTITIONS": unavailable(.otherPartitions, .ends)
      case "NOREPLICAS": unavailable(.fewReplicas)
      case "MISCONF": unavailable(.cannotSave)
      case "BUSY": unavailable(.busy)
      case "WRONGTYPE": unavailable(.wrongType)
      case "NOAUTH": unavailable(.accessDenied, .ends)
      case "WRONGPASS", "NOPERM", "DENIED": unavailable(.accessDenied)
      case "NOGROUP": Self(.noGroup(message))
      case "ERR" where message.contains("max number of clients"):
        unavailable(.tooManyConnections)
      case "ERR" where message.contains("The user executing the script can't"):
        unavailable(.accessDenied)
      case "ERR" where message.contains("WAIT cannot be used with replica"):
        unavailable(.replica, .ends)
      case "ERR" where message.contains("non local key in a cluster"):
        unavailable(.wrongNode, .ends)
      default: Self.hidden(in: error) ?? Self(.unexpected(message))
      }
  }

  /// Whether a node of a cluster says it of the slot of a key, and may be the right one for others.
  static func concernsOneSlot(_ error: RedisServerError) -> Bool {
    ["MOVED", "ASK", "TRYAGAIN", "CROSSSLOT", "CLUSTERDOWN"].contains(error.code)
  }

  private static func hidden(in error: RedisServerError) -> Self? {
    guard error.code == "ERR" || error.code.hasPrefix("@"),
      let dash = error.message.firstRange(of: " -")?.upperBound
    else { return nil }
    let inner = Self(RedisServerError(String(error.message[dash...])))
    return if case .unexpected = inner.error { nil } else { inner }
  }
}

extension BusError {
  init(_ error: RedisServerError) { self = RedisErrorMeaning(error).error }

  init(_ error: any Error) {
    self =
      switch error {
      case let error as BusError: error
      case let error as RedisServerError: BusError(error)
      case let error as RedisError: BusError(error)
      default: .unavailable(String(describing: error))
      }
  }

  private init(_ error: RedisError) {
    switch error {
    case .refused(_, let refusal):
      let fault = BusError(refusal).fault
      self = .unavailable(fault == .unexpected ? .accessDenied : fault, error.description)
    case .leftServer(let answer): self = BusError(answer)
    case .cannotConnect, .noSentinel, .noCluster: self = .unavailable(error.description)
    case .connectionLost, .timedOut, .closed, .malformedReply:
      self = .unanswered(error.description)
    }
  }
}
