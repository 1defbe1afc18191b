import Synchronization

/// Counts a server's connections and bounds them, in all and by address: those beyond are told to come back (503), so
/// that what each of them holds adds up to something. One that is refused holds a place until it has closed, a
/// moment later; where even these become many, connections are closed without a word. Any thread.
public final class ConnectionLimit: Sendable {
  /// Why a connection is refused.
  public enum Refusal: Sendable {
    /// There are as many as may be.
    case all
    /// Its address has as many as it may have.
    case address
  }

  enum Admission: Sendable, Equatable {
    case serve
    /// Answer 503 and close.
    case refuse(Refusal)
    case cut
  }

  private let maximum: Int
  private let maximumOfAddress: Int?
  private let proxies: TrustedProxies
  private let open = Atomic<Int>(0)
  /// Only of the addresses that are counted.
  private let openByAddress = Mutex<[ClientAddress: Int]>([:])
  private let onRefusal: @Sendable (Refusal) -> Void

  /// - Parameters:
  ///   - maximum: the most connections that are served.
  ///   - maximumOfAddress: the most of one address; nil for no such limit. It holds neither for this machine itself nor
  ///     for the proxies.
  ///   - onRefusal: called for each one beyond, on its event loop.
  public init(
    maximum: Int, maximumOfAddress: Int? = nil, proxies: TrustedProxies = TrustedProxies(),
    onRefusal: @escaping @Sendable (Refusal) -> Void = { _ in }
  ) {
    self.maximum = maximum
    self.maximumOfAddress = maximumOfAddress
    self.proxies = proxies
    self.onRefusal = onRefusal
  }

  /// Connections at this moment.
  public var count: Int { open.load(ordering: .relaxed) }

  /// Counts one more, until `end` with the same peer.
  func begin(from peer: ClientAddress? = nil) -> Admission {
    let count = open.wrappingAdd(1, ordering: .relaxed).newValue
    var countOfAddress = 0
    if let network = countedNetwork(of: peer) {
      countOfAddress = openByAddress.withLock {
        $0[network, default: 0] += 1
        return $0[network, default: 0]
      }
    }
    if count > maximum { return refuse(.all, count, of: maximum) }
    if let maximumOfAddress, countOfAddress > maximumOfAddress {
      return refuse(.address, countOfAddress, of: maximumOfAddress)
    }
    return .serve
  }

  func end(from peer: ClientAddress? = nil) {
    open.wrappingSubtract(1, ordering: .relaxed)
    guard let network = countedNetwork(of: peer) else { return }
    openByAddress.withLock {
      let count = $0[network, default: 0] - 1
      $0[network] = count > 0 ? count : nil
    }
  }

  private func refuse(_ refusal: Refusal, _ count: Int, of maximum: Int) -> Admission {
    onRefusal(refusal)
    return count <= maximum + maximum / 8 + 16 ? .refuse(refusal) : .cut
  }

  private func countedNetwork(of peer: ClientAddress?) -> ClientAddress? {
    guard maximumOfAddress != nil, let peer, proxies.counts(peer) else { return nil }
    return peer.network
  }
}
