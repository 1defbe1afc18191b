/** The code by which learners join a class, as the server told it last. */
export class JoiningCode {
  /** @param {{api: object, course: string, onChange: () => void}} options */
  constructor({ api, course, onChange }) {
    this.api = api;
    this.course = course;
    this.onChange = onChange;
    /** Whether the server lets anybody join by a code. */
    this.isOn = false;
    this.code = null;
    this.endsAt = 0;
    this.problem = null;
  }

  /** @param {number} now Unix milliseconds */
  isOpen(now) {
    return this.code !== null && now < this.endsAt;
  }

  /** Another teacher may have made one. The class is shown without it. */
  async read() {
    try {
      const answer = await this.api.joiningCode(this.course);
      this.isOn = answer !== null;
      if (this.isOn) this.take(answer);
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
    }
  }

  make(minutes) {
    return this.act(async () => this.take(await this.api.makeJoiningCode(this.course, minutes)));
  }

  end() {
    return this.act(async () => {
      try {
        await this.api.endJoiningCode(this.course);
      } catch (problem) {
        // Somebody else has ended it.
        if (problem.status !== 404) throw problem;
      }
      this.take({ code: null, ends_at: null });
    });
  }

  async act(action) {
    this.problem = null;
    try {
      await action();
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
      this.problem = problem;
      this.onChange();
    }
  }

  take({ code, ends_at: endsAt }) {
    this.code = code;
    this.endsAt = code === null ? 0 : Date.parse(endsAt);
    this.onChange();
  }
}
