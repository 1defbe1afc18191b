import Cryptography
import Foundation
import ProgressBusTesting
import Testing

@testable import Access

struct KeyStoreTests {
  @Test func manyTokensOfAnUnknownKeyHaveTheSetFetchedOnce() async throws {
    let tokens = try await TestTokens.make()
    let source = GivenKeySet(#"{"keys":[]}"#)
    let store = KeyStore(secret: nil, source: source, logger: silentLogger)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 { group.addTask { await store.askForUnknownKey() } }
    }
    #expect(await source.requests == 1)
    await source.give(tokens.keySet)
    await store.askForUnknownKey()
    #expect(await source.requests == 1)
    #expect(throws: TokenFault.keysUnavailable) {
      try store.key(named: TestTokens.keyID, for: .rs256)
    }
  }

  @Test func aSetThatCannotBeHadIsNoFaultOfTheToken() async throws {
    let tokens = try await TestTokens.make()
    let source = GivenKeySet(nil)
    let store = KeyStore(secret: nil, source: source, logger: silentLogger)
    await store.askForUnknownKey()
    #expect(throws: TokenFault.keysUnavailable) { try store.key(named: "any", for: .rs256) }
    await source.give(tokens.keySet)
    let running = Task { await store.run() }
    try await eventually("the set is fetched again") {
      (try? store.key(named: TestTokens.keyID, for: .rs256)) != nil
    }
    running.cancel()
    await running.value
    #expect(throws: TokenFault.unknownKey) { try store.key(named: "other", for: .rs256) }
    #expect(throws: TokenFault.unknownKey) { try store.key(named: nil, for: .rs256) }
    #expect(throws: TokenFault.unknownKey) { try store.key(named: nil, for: .hs256) }
    #expect(throws: TokenFault.unknownKey) { try store.key(named: TestTokens.keyID, for: .es256) }
  }

  @Test func aSetIsReadWithoutTheKeysThatAreOfNoUse() async throws {
    let tokens = try await TestTokens.make()
    let set = try #require(JSONWebKeySet(json: Array(tokens.keySet.utf8)))
    #expect(set.members.count == 1)
    let other = tokens.keySet.replacing("RS256", with: "RS512")
    #expect(JSONWebKeySet(json: Array(other.utf8))?.members.isEmpty == true)
    let forEncryption = tokens.keySet.replacing(#""sig""#, with: #""enc""#)
    #expect(JSONWebKeySet(json: Array(forEncryption.utf8))?.members.isEmpty == true)
    #expect(JSONWebKeySet(json: Array("{}".utf8)) == nil)
  }
}

/// A store of revoked tokens in memory.
actor GivenRevocations: RevocationStore {
  private var tokens: Set<RevokedToken> = []
  private var number = 0

  func revision() async throws -> String? { number == 0 ? nil : "\(number)" }
  func revokedTokens() async throws -> [RevokedToken] { Array(tokens) }
  func revoke(_ tokens: [RevokedToken]) async throws {
    self.tokens.formUnion(tokens)
    number += 1
  }
  func loseAll() {
    tokens = []
    number = 0
  }
}

struct RevocationListTests {
  private static func claims(_ id: String?) -> TokenClaims {
    var claims = TokenClaims(scopes: [.admin], expiresAt: .max / 2)
    claims.id = id
    return claims
  }

  @Test func aTokenIsRefusedSoonAndAStoreThatForgetsIsToldAgain() async throws {
    let store = GivenRevocations()
    let list = RevocationList(logger: silentLogger)
    let changes = Atomic64(0)
    list.onChange { changes.value += 1 }
    let following = Task { await list.follow(store, now: { 0 }) }
    try await eventually("the list is known") { (try? list.refuse(Self.claims("a"))) != nil }
    try await store.revoke([RevokedToken(id: "a", expiresAt: nil)])
    try await eventually("it is refused") { (try? list.refuse(Self.claims("a"))) == nil }
    #expect(throws: TokenFault.revoked) { try list.refuse(Self.claims("a")) }
    #expect(throws: Never.self) { try list.refuse(Self.claims("b")) }
    #expect(throws: Never.self) { try list.refuse(Self.claims(nil)) }
    #expect(changes.value == 1)
    await store.loseAll()
    try await eventually("the store is told again") {
      try await store.revokedTokens() == [RevokedToken(id: "a", expiresAt: nil)]
    }
    #expect(throws: TokenFault.revoked) { try list.refuse(Self.claims("a")) }
    following.cancel()
    await following.value
  }

  @Test func whatHasEndedIsForgottenAnHourLater() {
    let list = RevocationList(logger: silentLogger)
    _ = list.learn([RevokedToken(id: "a", expiresAt: 1000)], now: 1000)
    #expect(list.learn([], now: 4599) == [RevokedToken(id: "a", expiresAt: 1000)])
    #expect(list.learn([], now: 4601) == [])
    #expect(throws: Never.self) { try list.refuse(Self.claims("a")) }
  }
}
