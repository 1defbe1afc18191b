import Events
import HTTPServer
import LearningRecords
import NIOHTTP1

/// Makes events of statements of the Experience API (IEEE 9274.1.1; xAPI 1.0.3), one or an array of them.
struct StatementAdapter: ClientAdapter {
  let client = OtherClient.xapi
  let exchange: (any ClientExchange)? = StatementExchange()
  private let course: String
  private let names: ActivityNames?

  init(_ configuration: OtherClientsConfiguration) {
    course = configuration.course
    names = configuration.activityNames
  }

  func translate(_ body: SentValue, to route: ClientRoute, into translation: inout Translation) {
    let given: EventID?
    let course: String?
    do throws(Problem) {
      let query = try route.query()
      given = route.method == .PUT ? query["statementId"].flatMap { EventID($0) } : nil
      course = try route.parameter("course") ?? query["course"]
    } catch {
      return translation.refuse(FieldError("", .format, error.detail ?? "has a bad query"))
    }
    guard body.kind == .array else {
      return translate(body, as: given, in: course, into: &translation)
    }
    guard given == nil else {
      return translation.refuse(FieldError("", .type, "must be one statement, not an array"))
    }
    var ids: Set<EventID> = []
    for statement in body.elements {
      if let id = statement["id"]?.text.flatMap({ EventID($0) }), !ids.insert(id).inserted {
        translation.refuse(FieldError("/id", .duplicate, "is another statement's of the request"))
      } else {
        translate(statement, as: nil, in: course, into: &translation)
      }
    }
  }

  private func translate(
    _ statement: SentValue, as given: EventID?, in course: String?,
    into translation: inout Translation
  ) {
    do throws(FieldError) {
      try StatementGrammar.check(statement)
      let id = statement["id"]?.text.flatMap { EventID($0) }
      if let given, let id, given != id {
        throw FieldError("/id", .format, "must be the statementId of the query")
      }
      let reading = StatementReading(
        statement, course: course, defaultCourse: self.course, names: names)
      guard var draft = reading.draft else {
        // What has no id is given one, by which the sender knows it.
        return translation.ignore(given ?? id ?? translation.newID())
      }
      if let id = given ?? id {
        draft.identify(id)
      } else if statement["timestamp"] == nil {
        draft.identify(translation.newID())
      }
      translation.take(draft)
    } catch {
      translation.refuse(error)
    }
  }
}
