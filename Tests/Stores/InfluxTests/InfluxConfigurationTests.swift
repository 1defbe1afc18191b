import Testing

@testable import Influx

@Suite struct InfluxConfigurationTests {
  @Test func whatIsSetChoosesTheAPI() throws {
    let url = "http://h:8086/"
    #expect(try InfluxConfiguration(url: url, database: "d").api == .v1(database: "d"))
    #expect(
      try InfluxConfiguration(url: url, token: "", database: "d", username: "u", password: "p").api
        == .v1(database: "d", username: "u", password: "p"))
    #expect(
      try InfluxConfiguration(url: url, token: "t", organization: "o", bucket: "b").api
        == .v2(organization: "o", bucket: "b", token: "t"))
    #expect(
      try InfluxConfiguration(url: url, token: "t", database: "d").api
        == .v3(database: "d", token: "t"))
    #expect(try InfluxConfiguration(url: url, database: "d").url == "http://h:8086")
  }

  @Test func whatIsMissingOrContradictsIsNamed() {
    func setting(
      token: String? = nil, organization: String? = nil, bucket: String? = nil,
      database: String? = nil
    ) -> String? {
      do throws(InfluxConfigurationError) {
        _ = try InfluxConfiguration(
          url: "http://h", token: token, organization: organization, bucket: bucket,
          database: database)
        return nil
      } catch {
        return error.setting
      }
    }
    #expect(setting() == "INFLUXDB_DATABASE")
    #expect(setting(bucket: "b", database: "d") == "INFLUXDB_DATABASE")
    #expect(setting(organization: "o", bucket: "b") == "INFLUXDB_TOKEN")
    #expect(setting(token: "t", bucket: "b") == "INFLUXDB_ORG")
  }

  @Test(arguments: [
    "", "h:8086", "ftp://h", "http://", "http:///x", "http://u:secret@h", "http://h?db=x",
    "http://h#x", "http://h /", "http://h\n",
  ])
  func anAddressThatCannotBeIsRefusedWithoutBeingShown(_ url: String) {
    let error = #expect(throws: InfluxConfigurationError.self) {
      try InfluxConfiguration(url: url, database: "d")
    }
    #expect(error?.setting == "INFLUXDB_URL")
    #expect(error?.description.contains("secret") == false)
  }

  @Test func aDescriptionShowsNoSecret() throws {
    let configurations = [
      try InfluxConfiguration(url: "http://h", token: "secret", organization: "o", bucket: "b"),
      try InfluxConfiguration(url: "http://h", token: "secret", database: "d"),
      try InfluxConfiguration(
        url: "http://h", database: "d", username: "u", password: "secret"),
    ]
    for configuration in configurations {
      var dumped = ""
      dump(configuration, to: &dumped)
      for text in ["\(configuration)", String(reflecting: configuration), dumped] {
        #expect(!text.contains("secret"))
      }
    }
  }
}
