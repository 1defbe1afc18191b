import Testing

@testable import API

struct NameRedactionTests {
  private let redaction = NameRedaction([
    (id: "ann", name: "Ann Lee"), (id: "zoé.b@x.example", name: "Zoé de Beauvoir"),
    (id: "s-17", name: nil), (id: "01", name: "田中 愛"),
  ])

  @Test(arguments: [
    ("home/ann/soup.ipynb", "home/…/soup.ipynb"), ("ANN/soup.ipynb", "…/soup.ipynb"),
    ("ann.ipynb", "….ipynb"), ("soup-Lee.ipynb", "soup-….ipynb"),
    ("home/zoé.b/a_beauvoir.ipynb", "home/…/a_….ipynb"), ("s-17/a.ipynb", "…/a.ipynb"),
    ("愛/a.ipynb", "…/a.ipynb"), ("Ann Lee.ipynb", "….ipynb"),
    // Whose words these are not, and a notebook's number.
    ("planning/leeway.ipynb", "planning/leeway.ipynb"), ("01/01.ipynb", "01/01.ipynb"),
    ("/a//b.ipynb", "/a//b.ipynb"), ("", ""),
  ])
  func idsAndNamesAreTakenOutOfPaths(_ path: String, _ redacted: String) {
    #expect(redaction.redacted(path) == redacted)
  }

  @Test func aPseudonymIsALearnersInOneCourseByOneKey() {
    let pseudonyms = Pseudonyms(key: [1, 2, 3])
    let ann = pseudonyms.pseudonym(of: "ann", in: "py101")
    #expect(ann.wholeMatch(of: /learner-[0-9a-f]{10}/) != nil)
    #expect(ann == pseudonyms.pseudonym(of: "ann", in: "py101"))
    let others = [
      pseudonyms.pseudonym(of: "ben", in: "py101"), pseudonyms.pseudonym(of: "ann", in: "py102"),
      pseudonyms.pseudonym(of: "1ann", in: "py10"),
      Pseudonyms(key: [4]).pseudonym(of: "ann", in: "py101"),
    ]
    #expect(Set(others + [ann]).count == 5)
  }
}
