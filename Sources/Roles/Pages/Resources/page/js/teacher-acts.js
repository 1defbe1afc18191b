import { notebookToSend } from "./api/notebook-file.js";
import { timestamp } from "./state/timestamp.js";

/** What a teacher does to the class that is followed: messages, hands that are taken, outlines, rosters. */
export class TeacherActs {
  /**
   * @param {{api: object, signIn: object, messageBoard: object, helpQueue: object, progressBoard: object,
   *   attendanceBoard: object, session: () => import("./state/class-session.js").ClassSession}} options the boards tell what became of an act
   */
  constructor(options) {
    Object.assign(this, options);
  }

  /** Who is signed in may send without a name. */
  needsName(name) {
    return name === "" && this.signIn.phase !== "in";
  }

  async sendMessage({ teacher, ...message }) {
    if (this.needsName(teacher)) return this.messageBoard.askForName();
    const named = teacher === "" ? message : { ...message, teacher };
    this.messageBoard.begin();
    const problem = await this.problemOf(this.api.sendMessage(this.session().course, named));
    this.messageBoard.tell(message, problem);
  }

  async takeHand(id) {
    const { name } = this.messageBoard;
    if (this.needsName(name)) return this.messageBoard.askForName();
    const session = this.session();
    const since = session.classroom.learners.get(id)?.helpSince ?? null;
    const askedAt = since === null ? null : timestamp(since);
    const problem = await this.problemOf(this.api.takeHand(session.course, id, name, askedAt));
    if (this.session() === session) this.helpQueue.tell(problem);
  }

  async uploadOutline(file) {
    const session = this.session();
    const upload = async () => session.details.uploadOutline(await notebookToSend(file));
    this.progressBoard.tell((await this.problemOf(upload())) ?? "uploaded");
  }

  async removeOutline() {
    this.progressBoard.tell((await this.problemOf(this.session().details.deleteOutline())) ?? "removed");
  }

  async uploadRoster(file) {
    this.attendanceBoard.tell((await this.problemOf(this.session().details.uploadRoster(file))) ?? "uploaded");
  }

  async removeRoster() {
    this.attendanceBoard.tell((await this.problemOf(this.session().details.deleteRoster())) ?? "removed");
  }

  /** Why something was not done; null when it was. */
  async problemOf(act) {
    try {
      await act;
      return null;
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
      return problem;
    }
  }
}
