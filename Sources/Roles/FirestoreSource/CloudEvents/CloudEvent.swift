import Foundation
import HTTPTypes
import Sessions

/// A CloudEvent as HTTP carries it, in binary or structured mode
/// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md).
struct CloudEvent: Sendable, Equatable {
  enum Content: Sendable, Equatable {
    case none
    case json(SessionValue)
    case protobuf([UInt8])
  }

  let type: String
  let content: Content

  /// - Throws: what keeps the request from being a CloudEvent that can be read.
  init(headers: HTTPFields, body: [UInt8]) throws(CloudEventError) {
    let mediaType = MediaType(headers[.contentType])
    if mediaType.name == "application/cloudevents+json" {
      try self.init(structured: body)
    } else if mediaType.name.hasPrefix("application/cloudevents") {
      throw .unsupported(
        "CloudEvents come one by one: as application/cloudevents+json, or in headers ce-… with the data as "
          + "application/json or application/protobuf")
    } else {
      try Self.check("header ce-") { headers[HTTPField.Name("ce-\($0)")!] }
      self.init(
        type: headers[Self.typeHeader] ?? "", content: try Self.content(body, mediaType))
    }
  }

  private init(type: String, content: Content) {
    self.type = type
    self.content = content
  }

  private static let typeHeader = HTTPField.Name("ce-type")!

  private init(structured body: [UInt8]) throws(CloudEventError) {
    let envelope: SessionValue
    do throws(SessionValueError) { envelope = try SessionValue(json: body) } catch {
      throw .malformed("the CloudEvent cannot be read: \(error)")
    }
    guard envelope.members != nil else { throw .malformed("the CloudEvent is no JSON object") }
    try Self.check("member ") { envelope[$0]?.text }
    type = envelope["type"]?.text ?? ""
    let mediaType = MediaType(envelope["datacontenttype"]?.text ?? "application/json")
    switch (envelope["data"], envelope["data_base64"]) {
    case (nil, nil): content = .none
    case (nil, .string(let text)):
      guard let bytes = Data(base64Encoded: text) else {
        throw .malformed("member data_base64 is no Base64")
      }
      content = try Self.content(Array(bytes), mediaType)
    case (.some(let data), nil):
      guard mediaType.isJSON else {
        throw .unsupported("member data: only JSON stands there; protobuf stands in data_base64")
      }
      content = .json(data)
    default:
      throw .malformed("members data and data_base64: one of them, and data_base64 is a text")
    }
  }

  /// The attributes that every CloudEvent has.
  ///
  /// - Parameter place: where the request has attributes, for who sent it; their names follow.
  private static func check(
    _ place: String, _ attribute: (String) -> String?
  ) throws(CloudEventError) {
    for name in ["id", "source", "type", "specversion"] where attribute(name)?.isEmpty != false {
      throw .malformed("no CloudEvent: \(place)\(name) is missing or empty")
    }
    guard attribute("specversion")?.hasPrefix("1.") == true else {
      throw .unsupported("\(place)specversion must be 1.0")
    }
  }

  private static func content(
    _ bytes: [UInt8], _ mediaType: MediaType
  ) throws(CloudEventError) -> Content {
    if bytes.isEmpty { return .none }
    if mediaType.isProtobuf { return .protobuf(bytes) }
    guard mediaType.isJSON else {
      throw .unsupported(
        "the data must be of content type application/json or application/protobuf")
    }
    do throws(SessionValueError) { return .json(try SessionValue(json: bytes)) } catch {
      throw .malformed("the data cannot be read: \(error)")
    }
  }

  private struct MediaType {
    /// In lower case, without parameters.
    let name: String

    init(_ field: String?) {
      let type = (field ?? "").prefix { $0 != ";" }
      name = type.trimmingCharacters(in: .whitespaces).lowercased()
    }

    /// As CloudEvents' JSON format has it (section 3.1).
    var isJSON: Bool { name.hasSuffix("/json") || name.hasSuffix("+json") }
    var isProtobuf: Bool { name == "application/protobuf" || name == "application/x-protobuf" }
  }
}

/// Why a request is no CloudEvent that can be read. Holds nothing of the document.
enum CloudEventError: Error, Equatable {
  case malformed(String)
  /// A form that is not taken.
  case unsupported(String)
}
