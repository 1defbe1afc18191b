import Events

/// What a statement may hold (xAPI 1.0.3, part two, section 2; IEEE 9274.1.1, section 4.2).
enum StatementGrammar {
  /// - Throws: the first fault of a statement.
  static func check(_ statement: SentValue) throws(FieldError) {
    try StatementWalk.check(statement, "", is: .object(self.statement))
    try StatementWalk.checkNamesAreUnique(statement, "")
    try checkScore(statement, "")
    try checkScore(statement, "/object")
    try checkContext(statement, "")
    try checkContext(statement, "/object")
    if statement[at: "/verb/id"]?.text == StatementVerb.voided,
      statement[at: "/object/objectType"]?.text != "StatementRef"
    {
      throw FieldError(
        "/object/objectType", .unknownValue, "must be StatementRef where a statement is voided")
    }
  }

  private static func checkScore(_ body: SentValue, _ place: String) throws(FieldError) {
    let pointer = place + "/result/score"
    guard let score = body[at: pointer] else { return }
    let (minimum, maximum) = (score["min"]?.number, score["max"]?.number)
    if let minimum, let maximum, minimum >= maximum {
      throw FieldError(pointer + "/max", .outOfRange, "must be above min")
    }
    if let raw = score["raw"]?.number, raw < minimum ?? raw || raw > maximum ?? raw {
      throw FieldError(pointer + "/raw", .outOfRange, "must be from min to max")
    }
  }

  /// Revision and platform are of activities.
  private static func checkContext(_ body: SentValue, _ place: String) throws(FieldError) {
    let type = body[at: place + "/object/objectType"]?.text ?? "Activity"
    for name in ["revision", "platform"] where type != "Activity" {
      guard body[at: "\(place)/context/\(name)"] == nil else {
        throw FieldError(
          "\(place)/context/\(name)", .unknownValue, "may be there for an activity alone")
      }
    }
  }

  private static let account = StatementShape(
    ["homePage": .text(.iri), "name": .text(.any)], required: ["homePage", "name"])
  private static let identity: [String: StatementRule] = [
    "objectType": .text(.any), "name": .text(.any), "mbox": .text(.mailbox),
    "mbox_sha1sum": .text(.mailboxDigest), "openid": .text(.iri), "account": .object(account),
  ]
  private static let agent = StatementShape(identity, identification: .required)
  private static let group = StatementShape(
    identity.merging(["member": .list(.oneOf([("Agent", agent)]))]) { $1 },
    required: ["objectType"], identification: .orMembers)
  private static let anAgent = StatementRule.oneOf([("Agent", agent)])
  private static let anActor = StatementRule.oneOf([("Agent", agent), ("Group", group)])
  private static let aGroup = StatementRule.oneOf([("Group", group)])

  private static let verb = StatementShape(
    ["id": .text(.iri), "display": .languageMap], required: ["id"])

  private static let components = StatementRule.list(
    .object(
      StatementShape(["id": .text(.any), "description": .languageMap], required: ["id"])))
  private static let definition = StatementShape([
    "name": .languageMap, "description": .languageMap, "type": .text(.iri),
    "moreInfo": .text(.iri),
    "interactionType": .word([
      "true-false", "choice", "fill-in", "long-fill-in", "matching", "performance", "sequencing",
      "likert", "numeric", "other",
    ]),
    "correctResponsesPattern": .list(.text(.any)), "choices": components, "scale": components,
    "source": components, "target": components, "steps": components, "extensions": .extensions,
  ])
  private static let activity = StatementShape(
    ["objectType": .text(.any), "id": .text(.iri), "definition": .object(definition)],
    required: ["id"])
  private static let anActivity = StatementRule.oneOf([("Activity", activity)])
  private static let reference = StatementShape(
    ["objectType": .text(.any), "id": .text(.uuid)], required: ["objectType", "id"])
  private static let objects = [
    ("Activity", activity), ("Agent", agent), ("Group", group), ("StatementRef", reference),
  ]

  private static let all = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
  private static let result = StatementShape([
    "score": .object(
      StatementShape([
        "scaled": .number(-1...1), "raw": .number(all), "min": .number(all), "max": .number(all),
      ])),
    "success": .boolean, "completion": .boolean, "response": .text(.any),
    "duration": .text(.duration), "extensions": .extensions,
  ])

  private static let context: StatementShape = {
    let activities = StatementRule.oneOrMore(anActivity)
    func related(_ name: String, _ rule: StatementRule) -> StatementRule {
      .list(
        .object(
          StatementShape(
            [
              "objectType": .word([name == "agent" ? "contextAgent" : "contextGroup"]), name: rule,
              "relevantTypes": .list(.text(.iri)),
            ], required: ["objectType", name])))
    }
    return StatementShape([
      "registration": .text(.uuid), "instructor": anActor, "team": aGroup,
      "contextActivities": .object(
        StatementShape([
          "parent": activities, "grouping": activities, "category": activities,
          "other": activities,
        ])),
      "contextAgents": related("agent", anAgent), "contextGroups": related("group", aGroup),
      "revision": .text(.any), "platform": .text(.any), "language": .text(.languageTag),
      "statement": .oneOf([("StatementRef", reference)]), "extensions": .extensions,
    ])
  }()

  /// Without `fileUrl` its contents would have to come in the same request.
  private static let attachment = StatementShape(
    [
      "usageType": .text(.iri), "display": .languageMap, "description": .languageMap,
      "contentType": .text(.any), "length": .count, "sha2": .text(.any), "fileUrl": .text(.iri),
    ], required: ["usageType", "display", "contentType", "length", "sha2", "fileUrl"])

  /// What a statement shares with one that is another's object.
  private static let common: [String: StatementRule] = [
    "actor": anActor, "verb": .object(verb), "result": .object(result),
    "context": .object(context), "timestamp": .text(.timestamp),
    "attachments": .list(.object(attachment)),
  ]
  private static let required = ["actor", "verb", "object"]
  private static let subStatement = StatementShape(
    common.merging(["objectType": .text(.any), "object": .oneOf(objects)]) { $1 },
    required: ["objectType"] + required)

  static let statement = StatementShape(
    common.merging([
      "id": .text(.uuid), "object": .oneOf(objects + [("SubStatement", subStatement)]),
      "stored": .text(.timestamp), "authority": anActor, "version": .text(.version),
    ]) { $1 }, required: required)
}
