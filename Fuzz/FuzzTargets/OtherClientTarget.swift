import EventBus
import Events
import NIOCore

@testable import Ingest

extension FuzzTarget {
  /// What other people's clients send: each thing in a request is answered once, what is taken is taken again as the same events,
  /// and an environment that came along is not looked at.
  static let otherClients = FuzzTarget(
    "other-clients",
    seeds: clients.flatMap { client in
      client.seeds.enumerated().map {
        [UInt8($0.offset % client.routes.count)] + Array($0.element.utf8)
      }
      .map { [UInt8(client.place)] + $0 }
    }
  ) { input in
    guard input.count > 2 else { return nil }
    let client = clients[Int(input[0]) % clients.count]
    let route = client.routes[Int(input[1]) % client.routes.count]
    let text = Array(input.dropFirst(2))
    guard let first = read(text, route) else { return nil }
    let places = (first.batch.accepted.map(\.index) + first.batch.rejected.map(\.index)).sorted()
    guard Set(places).count == places.count, first.count == places.count + first.ignored else {
      return "\(first.count) were sent, \(places) answered and \(first.ignored) ignored"
    }
    guard let again = read(text, route), again.translated == first.translated else {
      return "sent again it is another event"
    }
    guard let without = withoutEnvironment(text) else { return nil }
    return read(without, route)?.events == first.events ? nil : "an environment was looked at"
  }

  private struct Client {
    let place: Int
    let routes: [ClientRoute]
    let seeds: [String]
  }

  private static let clients: [Client] = OtherClient.allCases.enumerated().map { place, client in
    let adapter = client.adapter(OtherClientsConfiguration())
    return Client(
      place: place, routes: client.paths.map { ClientRoute(adapter: adapter, path: $0, uri: $0) },
      seeds: seeds(of: client))
  }

  private static func seeds(of client: OtherClient) -> [String] {
    switch client {
    case .pioneer:
      [
        #"{"data":{"eventDetail":{"eventName":"CellExecuteEvent","eventTime":1795768131176,"eventInfo":{"cells":[{"id":"c","index":3,"type":"code","metadata":{"execution":{"shell.execute_reply.started":"2026-09-20T08:28:50.972350Z","shell.execute_reply":"2026-09-20T08:28:51.167572Z"}}}],"success":false,"kernelError":{"errorName":"E","errorValue":"v"}}},"notebookState":{"sessionID":"d","notebookPath":"w.ipynb","notebookContent":null}},"params":{"course":"c"},"env":[{"JUPYTERHUB_USER":"s"}]}"#,
        #"{"data":{"eventDetail":{"eventName":"NotebookOpenEvent","eventTime":1789768131176,"eventInfo":{"environ":{"A":"b"}}},"notebookState":{"notebookPath":"w"}},"env":[{"JUPYTERHUB_USER":"s"}]}"#,
      ]
    case .unianalytics:
      [
        #"{"notebook_id":"n","cell_id":"c","orig_cell_id":"o","t_start":"2026-09-20T08:28:50.972350Z","t_finish":"2026-09-20T08:28:51.167572Z","status":"error","cell_input":"1/0","cell_output_model":[{"ename":"E","evalue":"v","output_type":"error"}],"user_id":"u"}"#,
        #"{"notebook_id":"n","cell_id":"c","time":"2026-09-20T08:28:47.114Z","cell_content":"x","user_id":"u"}"#,
        #"{"notebook_id":"n","click_type":"OFF","time":"2026-09-20T08:28:47.114Z","click_duration":1.5,"user_id":"u"}"#,
      ]
    case .xapi:
      [
        #"[{"id":"12345678-1234-4678-9234-567812345678","timestamp":"2026-09-20T08:28:47.114Z","actor":{"account":{"homePage":"u:h","name":"s"},"name":"A"},"verb":{"id":"http://adlnet.gov/expapi/verbs/answered","display":{"en":"x"}},"object":{"id":"u:e","definition":{"name":{"en":"L"}}},"result":{"success":true,"response":"r","score":{"raw":3,"min":0,"max":4}},"context":{"registration":"12345678-1234-4678-9234-567812345679","contextActivities":{"parent":[{"id":"u:n"}],"grouping":{"id":"u:c"}}}}]"#,
        #"{"actor":{"mbox":"mailto:a@b"},"verb":{"id":"http://adlnet.gov/expapi/verbs/experienced"},"object":{"id":"u:c"},"result":{"success":false,"duration":"P1DT2H3M4.5S"},"context":{"contextActivities":{"parent":{"id":"u:n"}}}}"#,
        #"{"actor":{"objectType":"Group","member":[{"openid":"u:m"}]},"verb":{"id":"http://adlnet.gov/expapi/verbs/voided"},"object":{"objectType":"StatementRef","id":"12345678-1234-4678-9234-567812345678"}}"#,
      ]
    }
  }

  private struct Reading {
    let batch: DecodedBatch
    let ignored: Int
    let count: Int
    /// In our own form.
    let translated: ByteBuffer
    let events: [ByteBuffer]
  }

  /// Nil for what is no JSON.
  private static func read(_ text: [UInt8], _ route: ClientRoute) -> Reading? {
    var translation = Translation { EventID(high: 1, low: 1) }
    let isJSON = text.withUnsafeBufferPointer { bytes in
      var tape = JSONTape()
      guard (try? tape.scan(bytes)) != nil else { return false }
      route.adapter.translate(
        SentValue(UnsafeRawBufferPointer(bytes), tape), to: route, into: &translation)
      return true
    }
    guard isJSON else { return nil }
    var decoder = BatchDecoder(configuration: IngestConfiguration(), catalog: .standard)
    let translated = translation.body(of: route.adapter.client, salt: "", workWithin: 4096)
    guard
      let batch = try? decoder.decode(
        translated, format: .json, receivedAt: CanonicalEvent.receivedAt)
    else { return nil }
    return Reading(
      batch: translation.result(batch), ignored: translation.ignored, count: translation.count,
      translated: translated, events: batch.events.map(\.payload))
  }

  /// The same text with another environment; nil where there is none.
  private static func withoutEnvironment(_ text: [UInt8]) -> [UInt8]? {
    text.withUnsafeBufferPointer { bytes in
      var tape = JSONTape()
      guard (try? tape.scan(bytes)) != nil else { return nil }
      let raw = UnsafeRawBufferPointer(bytes)
      guard
        let environment = SentValue(raw, tape)[at: "/data/eventDetail/eventInfo/environ"]?.source,
        let start = environment.baseAddress, let base = raw.baseAddress
      else { return nil }
      let place = start - base
      return Array(text[..<place]) + [UInt8(ascii: "0")]
        + Array(text[(place + environment.count)...])
    }
  }
}
