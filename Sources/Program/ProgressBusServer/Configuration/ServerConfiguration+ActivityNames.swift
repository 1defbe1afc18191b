public import LearningRecords

extension ServerConfiguration {
  /// - Throws: where the setting is missing or no URL.
  public func activityNames() throws(ConfigurationError) -> ActivityNames {
    let text = try settings.text("xapi.home_page", for: "the names of activities")
    guard let names = ActivityNames(homePage: text) else {
      throw ConfigurationError(
        "PROGRESSBUS_XAPI_HOME_PAGE", "must be an http or https URL without a query")
    }
    return names
  }
}
