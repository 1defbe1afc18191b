import Events
import Testing

/// Whom an event names, by the declaration of its kind.
@Suite struct LearnerReaderTests {
  private func learners(_ event: String, _ eventType: String?) -> Set<String>? {
    var reader = LearnerReader(catalog: .standard)
    return Array(event.utf8).withUnsafeBytes { reader.learners(in: $0, eventType: eventType) }
  }

  @Test func aLearnerIsFoundByNameAliasAndInEitherNormalForm() {
    #expect(learners(#"{"student_id":"ada"}"#, "cell_executed") == ["ada"])
    #expect(learners(#"{"emailAddress":"ada"}"#, nil) == ["ada"])
    #expect(
      learners("{\"student_id\":\"zoe\u{301}\"}", "help").map { Array($0.first!.utf8) }
        == Array("zoé".utf8))
    #expect(learners(#"{"student_id":"zo\u00e9"}"#, "help") == ["zoé"])
    #expect(learners(#"{"team":"ada"}"#, "help") == [])
  }

  @Test func learnersInsideObjectsAndArraysAreFound() {
    let event =
      #"{"session":{"user_id":"ada"},"learning_history":[{"id":"x","user_id":"bob"}],"profile_snapshot":{"id":"y"}}"#
    #expect(learners(event, "dialogue_session_ended") == ["ada", "bob"])
    #expect(
      learners(#"{"session":{"userId":"ada"}}"#, "training_session_completed") == ["ada"])
  }

  @Test func whatIsNoObjectNamesNobodyThatCouldBeTold() {
    #expect(learners("no JSON", nil) == nil)
    #expect(learners("[1]", nil) == nil)
    #expect(learners(#"{"student_id":7}"#, "help") == [])
    #expect(learners(#"{"student_id":"\ud800"}"#, "help") == [])
    #expect(learners(#"{"tid":"ada"}"#, "detection_logged") == [])
  }

  @Test func columnsAndTagsComeFromTheCatalog() {
    #expect(EventCatalog.standard.learnerColumns == ["student_id", "user_id"])
    #expect(
      EventCatalog.standard.learnerTags.allSatisfy { $0.tag != nil },
      "InfluxDB deletes by tags alone")
    // Every warehouse table that knows learners is one of an event's columns.
    for table in WarehouseCatalog.tables {
      for column in table.columns where column.privacy == .identifier {
        let name = column.name.replacing("_hash", with: "")
        #expect(EventCatalog.standard.learnerColumns.contains(name), "\(table.sourceTable)")
      }
    }
  }
}
