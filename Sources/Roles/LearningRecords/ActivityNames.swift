import Foundation

/// The IRIs under which others know courses, notebooks, exercises and cells.
///
/// A course is `HOME/courses/py101`, a notebook `HOME/courses/py101/notebooks/week1.ipynb`, what stands in it
/// `…/week1.ipynb/exercises/q1` or `…/week1.ipynb/cells/c1`. What came with an IRI for its name keeps it.
public struct ActivityNames: Sendable {
  /// What stands in a notebook.
  public enum Part: String, Sendable {
    case exercise = "exercises"
    case cell = "cells"
  }

  /// Without a slash at its end.
  public let homePage: String

  /// - Parameter homePage: the IRI of the school's own system, such as `https://school.example`.
  /// - Returns: nil for what is no absolute `http` or `https` URL.
  public init?(homePage: String) {
    guard let parts = URLComponents(string: homePage), ["http", "https"].contains(parts.scheme),
      !(parts.host ?? "").isEmpty, parts.query == nil, parts.fragment == nil
    else { return nil }
    self.homePage = homePage.hasSuffix("/") ? String(homePage.dropLast()) : homePage
  }

  public func course(_ id: String) -> String {
    Self.isIRI(id) ? id : "\(homePage)/courses/\(Self.encoded(id))"
  }

  public func notebook(_ path: String, in course: String) -> String {
    Self.isIRI(path)
      ? path : "\(homePage)/courses/\(Self.encoded(course))/notebooks/\(Self.encoded(path))"
  }

  public func part(
    _ part: Part, _ id: String, of notebook: String, in course: String
  ) -> String {
    guard !Self.isIRI(id) else { return id }
    let place = "\(homePage)/courses/\(Self.encoded(course))/notebooks/\(Self.encoded(notebook))"
    return "\(place)/\(part.rawValue)/\(Self.encoded(id))"
  }

  /// The name that one of these IRIs was made of; nil for those of others.
  public func name(of iri: String) -> String? {
    guard iri.hasPrefix(homePage + "/courses/") else { return nil }
    let parts = iri.dropFirst(homePage.count + 1).split(
      separator: "/", omittingEmptySubsequences: false)
    let kinds = stride(from: 0, to: parts.count, by: 2).map { String(parts[$0]) }
    guard parts.count.isMultiple(of: 2), let name = parts.last, !name.isEmpty,
      kinds == ["courses"] || kinds == ["courses", "notebooks"]
        || kinds.count == 3 && kinds[1] == "notebooks" && Part(rawValue: kinds[2]) != nil
    else { return nil }
    return String(name).removingPercentEncoding
  }

  private static func isIRI(_ name: String) -> Bool {
    (name.contains("://") || name.hasPrefix("urn:"))
      && !name.unicodeScalars.contains {
        $0.value <= 0x20 || "<>\"{}|\\^`".unicodeScalars.contains($0)
      }
  }

  /// RFC 3986, section 2.3.
  private static let unreserved = CharacterSet(
    charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

  private static func encoded(_ name: String) -> String {
    name.addingPercentEncoding(withAllowedCharacters: unreserved) ?? name
  }
}
