internal import CLibCurl

enum CurlLibrary {
  /// Sets libcurl up once a process, before any handle is made; nil when it worked, else why not.
  static let failure: String? = {
    let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    return code == CURLE_OK ? nil : text(of: code)
  }()

  /// The library's fixed text for a code.
  static func text(of code: CURLcode) -> String {
    String(cString: curl_easy_strerror(code))
  }
}
