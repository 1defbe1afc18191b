import Testing

@testable import Influx

@Suite struct InfluxReasonTests {
  @Test(arguments: [
    (
      "partial write: field type conflict: input field \"f\" on measurement \"m\" is type string, already exists as type integer dropped=1",
      "field type conflict: input field \"f\" on measurement \"m\" is type string, already exists as type integer"
    ),
    (
      "partial write: points beyond retention policy dropped=1",
      "the point is older than the retention policy keeps"
    ),
    (
      "partial write: unable to parse 'm,student_id=ada f=2 3': missing tag value dropped=0",
      "InfluxDB cannot parse the line: missing tag value"
    ),
    (
      "unable to parse 'm,t=ada f=9i 1': unable to parse integer 99: strconv.ParseInt: out of range",
      "InfluxDB cannot parse the line: unable to parse integer"
    ),
    ("unable to parse 'm,student_id=ada': ada", "InfluxDB cannot parse the line"),
    (
      "partial write: max-values-per-tag limit exceeded (100000/100000): measurement=\"m\" tag=\"student_id\" value=\"ada\" dropped=1",
      "InfluxDB's max-values-per-tag is reached: index-version = \"tsi1\" in its section data has no such limit, influx_inspect buildtsi converts"
    ),
    ("field type conflict: ada", "field type conflict"),
    ("ada", "InfluxDB refused the point"), ("", "InfluxDB refused the point"),
  ])
  func aReasonKeepsTheClassOfTheErrorAndNothingOfTheLine(
    _ message: String, _ reason: String
  ) {
    let refusal = InfluxRefusal(known: message) ?? .unknown
    #expect(refusal.reason == reason)
    #expect(!refusal.reason.contains("ada"))
  }
}
