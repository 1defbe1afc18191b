import { setText } from "./dom.js";

/** What stands in the place of a class, or above it: that none is there yet, or why it cannot be read. */
export class Notices {
  /** @param {(course: string) => void} onOpen asks for a course that is to begin */
  constructor(document, onOpen) {
    this.notice = document.querySelector("#notice");
    this.welcome = document.querySelector("#welcome");
    this.welcome.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      onOpen(this.welcome.querySelector("input").value.trim());
    });
  }

  /** @param {boolean} isWaiting whether no class is followed */
  show({ problem, signIn }, isWaiting, translator) {
    const isHidden = signIn.isNeeded || signIn.phase === "checking";
    this.welcome.hidden = isHidden || !isWaiting || problem !== null;
    setText(this.welcome.querySelector("h2"), translator.text("course.none"));
    setText(this.welcome.querySelector("p"), translator.text("course.noneHint"));
    setText(this.welcome.querySelector("label > span"), translator.text("course.new"));
    setText(this.welcome.querySelector("button"), translator.text("course.open"));
    this.notice.hidden = isHidden || problem === null;
    setText(this.notice, this.notice.hidden ? "" : noticeOf(problem, translator));
  }
}

function noticeOf(problem, translator) {
  if (problem.status === 404) return translator.text("problem.emptyCourse");
  if (problem.status === 403) return translator.text("problem.otherCourse");
  const detail = problem.message || translator.text("problem.offline");
  return `${translator.text("problem.read", { detail })} ${translator.text("problem.retrying")}`;
}
