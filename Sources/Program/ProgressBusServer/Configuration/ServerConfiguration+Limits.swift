import CoreMetrics
import HTTPServer
import Ingest
import Observability

// How much one client may ask for.
extension ServerConfiguration {
  /// - Throws: when an element is no address and no range of addresses.
  func trustedProxies() throws(ConfigurationError) -> TrustedProxies {
    var ranges: [AddressRange] = []
    for text in settings.givenList("http.trusted_proxies") ?? [] {
      guard let range = AddressRange(text) else {
        throw ConfigurationError(
          "PROGRESSBUS_HTTP_TRUSTED_PROXIES",
          "holds \(text); it may hold addresses, such as 192.0.2.7, and ranges, such as 10.0.0.0/8 and "
            + "2001:db8::/32, without further bits behind the prefix")
      }
      ranges.append(range)
    }
    let header = TrustedProxies.Header(rawValue: settings.text("http.proxy_header") ?? "")
    return TrustedProxies(ranges, header: header ?? .forwardedFor)
  }

  func sendingLimits(
    proxies: TrustedProxies, metrics: any MetricsFactory
  ) -> SendingLimits {
    SendingLimits(
      learner: rate("limits.learner_events_per_second", "limits.learner_burst"),
      classroom: rate("limits.class_events_per_second", "limits.class_burst"),
      address: rate("limits.address_events_per_second", "limits.address_burst"),
      proxies: proxies, metrics: metrics)
  }

  /// Nil where requests are not limited.
  func requestLimits(proxies: TrustedProxies, metrics: any MetricsFactory) -> RequestLimits? {
    let refused = ProgressBusMetric.limited.counter([("limit", "requests")], in: metrics)
    let limit = rate("limits.address_requests_per_second", "limits.address_request_burst")
    return RateLimiter(limit).map {
      RequestLimits($0, proxies: proxies, onRefusal: { refused.increment() })
    }
  }

  func connectionLimit(proxies: TrustedProxies, metrics: any MetricsFactory) -> ConnectionLimit {
    let refused = ProgressBusMetric.httpConnectionsRefused.counter(in: metrics)
    let refusedByAddress = ProgressBusMetric.limited.counter(
      [("limit", "address_connections")], in: metrics)
    let ofAddress = settings.integer("http.max_connections_per_address")
    return ConnectionLimit(
      maximum: settings.integer("http.max_connections"),
      maximumOfAddress: ofAddress > 0 ? ofAddress : nil, proxies: proxies,
      onRefusal: { refusal in
        switch refusal {
        case .all: refused.increment()
        case .address: refusedByAddress.increment()
        }
      })
  }

  func timeoutCounting(in metrics: any MetricsFactory) -> @Sendable (HTTPTimeout) -> Void {
    let head = ProgressBusMetric.limited.counter([("limit", "head_timeout")], in: metrics)
    let body = ProgressBusMetric.limited.counter([("limit", "body_timeout")], in: metrics)
    return { timeout in
      switch timeout {
      case .head: head.increment()
      case .body: body.increment()
      }
    }
  }

  private func rate(_ perSecond: String, _ burst: String) -> RateLimit? {
    RateLimit(perSecond: settings.integer(perSecond), burst: settings.integer(burst))
  }
}
