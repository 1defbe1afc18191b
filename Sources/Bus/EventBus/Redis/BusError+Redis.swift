import RedisDriver

extension BusError {
  /// What an error of Redis means to users of the bus.
  ///
  /// Before Redis 7, an error inside a script came as `ERR Error running script … -OOM …`; hence the
  /// search behind the code.
  init(_ error: RedisServerError) {
    let message = error.message
    switch error.code {
    case "FULL", "OOM": self = .full
    case "NOGROUP": self = .noGroup(message)
    case "LOADING", "MISCONF", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY",
      "NOREPLICAS", "NOAUTH", "WRONGPASS", "NOPERM":
      self = .unavailable(message)
    case "ERR" where message.contains("-OOM "): self = .full
    case "ERR" where message.contains("-MISCONF ") || message.contains("-READONLY "):
      self = .unavailable(message)
    case "ERR" where message.contains("max number of clients"): self = .unavailable(message)
    default: self = .unexpected(message)
    }
  }

  init(_ error: any Error) {
    self =
      switch error {
      case let error as BusError: error
      case let error as RedisServerError: BusError(error)
      case RedisError.refused(_, let refusal): .unavailable("Redis refused: \(refusal)")
      case let error as RedisError: .unavailable(error.description)
      default: .unavailable(String(describing: error))
      }
  }
}
