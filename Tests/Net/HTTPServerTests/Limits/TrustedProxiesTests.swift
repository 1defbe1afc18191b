import Testing

@testable import HTTPServer

@Suite struct TrustedProxiesTests {
  private static func ranges(_ texts: String...) throws -> [AddressRange] {
    try texts.map { try #require(AddressRange($0)) }
  }

  /// The client behind a peer, as text; every case holds for limits too, but that they leave some out.
  private static func client(
    _ peer: String, _ lines: [String], _ header: TrustedProxies.Header = .forwardedFor
  ) throws -> String {
    let proxies = TrustedProxies(try ranges("10.0.0.0/8", "2001:db8::/32"), header: header)
    return proxies.client(behind: try #require(ClientAddress(peer)), lines: lines).description
  }

  @Test func whoIsNoProxyIsNotBelievedWhateverItWrites() throws {
    #expect(try Self.client("192.0.2.1", ["198.51.100.1"]) == "192.0.2.1")
    #expect(try Self.client("11.0.0.1", ["198.51.100.1, 10.0.0.2"]) == "11.0.0.1")
  }

  @Test func theClientIsTheLastOneWhoIsNoProxy() throws {
    #expect(try Self.client("10.0.0.1", ["198.51.100.1"]) == "198.51.100.1")
    // What stands further left, the client has made up.
    #expect(try Self.client("10.0.0.1", ["1.2.3.4, 198.51.100.1"]) == "198.51.100.1")
    #expect(try Self.client("10.0.0.1", ["1.2.3.4 ,\t198.51.100.1, 10.9.9.9"]) == "198.51.100.1")
    #expect(try Self.client("10.0.0.1", ["1.2.3.4", "198.51.100.1", "10.2.0.1"]) == "198.51.100.1")
    #expect(try Self.client("2001:db8::1", ["2001:db9::7"]) == "2001:db9::7")
    #expect(try Self.client("::ffff:10.0.0.1", ["::ffff:198.51.100.1"]) == "198.51.100.1")
    // All are proxies: the one that is farthest away.
    #expect(try Self.client("10.0.0.1", ["10.0.0.3, 10.0.0.2"]) == "10.0.0.3")
  }

  @Test func whatIsNoAddressEndsTheWayBack() throws {
    #expect(try Self.client("10.0.0.1", []) == "10.0.0.1")
    for text in ["", "unknown", "_hidden", "198.51.100.1x", "198.51.100.1:2:3", "[::1", "\u{0}"] {
      #expect(try Self.client("10.0.0.1", ["1.2.3.4, \(text)"]) == "10.0.0.1", "\(text)")
      #expect(try Self.client("10.0.0.1", ["1.2.3.4, \(text), 10.0.0.2"]) == "10.0.0.2", "\(text)")
    }
  }

  @Test func portsAndBracketsAreLeftOut() throws {
    #expect(try Self.client("10.0.0.1", ["198.51.100.1:4711"]) == "198.51.100.1")
    #expect(try Self.client("10.0.0.1", ["[2001:db9::7]:4711"]) == "2001:db9::7")
    #expect(try Self.client("10.0.0.1", ["[2001:db9::7]"]) == "2001:db9::7")
  }

  @Test(arguments: [
    (#"for=198.51.100.1"#, "198.51.100.1"),
    (#"for=1.2.3.4, for=198.51.100.1;proto=https;by=10.0.0.1"#, "198.51.100.1"),
    (#"proto=http; FOR = "[2001:db9:cafe::17]:4711""#, "2001:db9:cafe::17"),
    (#"For="198.51.100.1:80", for=10.2.3.4"#, "198.51.100.1"),
    (#"for=1.2.3.4, for=unknown"#, "10.0.0.1"), (#"for=1.2.3.4, by=10.0.0.1"#, "10.0.0.1"),
    (#"for=1.2.3.4, for="_gazonk""#, "10.0.0.1"), (#"198.51.100.1"#, "10.0.0.1"),
  ]) func forwardedIsReadAsRFC7239WritesIt(_ line: String, _ client: String) throws {
    #expect(try Self.client("10.0.0.1", [line], .forwarded) == client)
  }

  @Test func limitsLeaveOutThisMachineAndAProxyThatAsksForItself() throws {
    let proxies = TrustedProxies(try Self.ranges("10.0.0.0/8"))
    func limited(_ peer: String, _ lines: [String] = []) throws -> String? {
      proxies.limitedClient(behind: try #require(ClientAddress(peer)), lines: lines)?.description
    }
    #expect(try limited("127.0.0.1") == nil)
    #expect(try limited("::1") == nil)
    #expect(try limited("10.0.0.1") == nil)
    // It may not leave the limits by what it writes.
    #expect(try limited("10.0.0.1", ["nonsense"]) == "10.0.0.1")
    #expect(try limited("192.0.2.1") == "192.0.2.1")
    #expect(try limited("192.0.2.1", ["127.0.0.1"]) == "192.0.2.1")
    #expect(try limited("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::")
  }

  @Test(arguments: [
    "", "10", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/", "10.0.0.1/8",
    "::1/129", "2001:db8::1/32", "school.example", "10.0.0.0/8/8", "localhost", " 10.0.0.1",
    "fe80::1%eth0", "::ffff:10.0.0.0/8",
  ]) func whatIsNoRangeOfAddressesIsRefused(_ text: String) {
    #expect(AddressRange(text) == nil)
  }

  @Test func aRangeHoldsWhatBeginsAsItDoes() throws {
    func holds(_ range: String, _ address: String) throws -> Bool {
      try #require(AddressRange(range)).contains(try #require(ClientAddress(address)))
    }
    #expect(try holds("10.0.0.0/8", "10.255.255.255"))
    #expect(try !holds("10.0.0.0/8", "11.0.0.0"))
    #expect(try holds("192.0.2.7", "192.0.2.7"))
    #expect(try !holds("192.0.2.7", "192.0.2.6"))
    #expect(try holds("0.0.0.0/0", "255.1.2.3"))
    #expect(try !holds("0.0.0.0/0", "2001:db8::1"))
    #expect(try holds("::/0", "2001:db8::1"))
    #expect(try holds("2001:db8::/33", "2001:db8:7fff::1"))
    #expect(try !holds("2001:db8::/33", "2001:db8:8000::1"))
    #expect(try holds("2001:db8:1:2:8000::/65", "2001:db8:1:2:ffff::1"))
    #expect(try !holds("2001:db8:1:2:8000::/65", "2001:db8:1:2::1"))
    #expect(try holds("::1", "::1"))
  }
}
