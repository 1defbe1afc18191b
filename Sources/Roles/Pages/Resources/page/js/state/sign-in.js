/** Which scopes are enough for a page; one of them will do. */
export const classroomScopes = ["dashboard", "admin"];
export const operationsScopes = ["admin"];

/** What the server may say of a provider's answer, in the address behind `#`. */
const failures = [
  "providerUnavailable", "declined", "unknownAttempt", "wrongAnswer", "notAllowed", "noCourses", "tooManyCourses",
];

/**
 * Who looks at the page, and whether the page may be shown.
 *
 * Phases: `checking` (the server is being asked), `open` (nobody has to sign in), `in`, `out` (somebody has to
 * sign in), `lacking` (who is signed in may not see this page).
 */
export class SignIn {
  /**
   * @param {{client: object, scopes: string[], onChange?: () => void, location?: Location, history?: History,
   *   reload?: () => void}} options `scopes` are those of which the page needs one
   */
  constructor({
    client, scopes, onChange = () => {}, location = globalThis.location, history = globalThis.history,
    reload = () => globalThis.location.reload(),
  }) {
    Object.assign(this, { client, scopes, onChange, location, history, reload });
    this.phase = "checking";
    this.subject = null;
    this.provider = null;
    /** What to say beside the form: the part of a message's key behind `signIn.`; null for nothing. */
    this.reason = null;
    this.isBusy = false;
  }

  /** Whether the page has nothing to show until somebody signs in. */
  get isNeeded() {
    return this.phase === "out" || this.phase === "lacking";
  }

  /** @returns {Promise<boolean>} whether the page may be shown */
  async start() {
    const { token, failure } = this.takeFragment();
    if (token !== null) return this.signIn(token);
    try {
      this.take(await this.client.status());
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
      // The page tells of a server that does not answer, as it does later.
      this.set("open", null);
    }
    if (failure !== null && this.phase !== "in" && this.phase !== "open") this.set(this.phase, failure);
    return !this.isNeeded;
  }

  /** Takes a token or a failure out of the address and the history: nobody shall find one there. */
  takeFragment() {
    const parameters = new URLSearchParams(this.location.hash.slice(1));
    const token = parameters.get("token");
    const failure = parameters.get("sign-in-failed");
    if (token !== null || failure !== null) {
      this.history.replaceState(this.history.state, "", this.location.pathname + this.location.search);
    }
    return { token, failure: failure === null ? null : failures.includes(failure) ? failure : "wrongAnswer" };
  }

  /** A link that was opened in a page that is open already. */
  async fragmentChanged() {
    const { token } = this.takeFragment();
    if (token !== null && (await this.signIn(token))) this.reload();
  }

  /**
   * @param {string} text a token, or the whole link that it came in
   * @returns {Promise<boolean>} whether the page may be shown
   */
  async signIn(text) {
    const token = text.includes("#token=") ? text.slice(text.indexOf("#token=") + 7) : text;
    this.isBusy = true;
    this.onChange();
    try {
      this.take(await this.client.signIn(token.trim()));
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
      this.isBusy = false;
      await this.askForProvider();
      this.set("out", reasonOf(problem));
      return false;
    }
    this.isBusy = false;
    this.onChange();
    return !this.isNeeded;
  }

  async signOut() {
    try {
      await this.client.signOut();
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
      // The cookie is still there, and so is whoever has it.
      return this.set(this.phase, reasonOf(problem));
    }
    this.reload();
  }

  /** An answer of 401, or a live stream that was closed for it. */
  ended() {
    if (this.phase === "out") return;
    this.set("out", this.phase === "in" ? "ended" : null);
    this.askForProvider().then(() => this.onChange());
  }

  /** Does what `fetch` does, and hears when the token has ended. */
  watching(fetchFunction) {
    return async (...parameters) => {
      const response = await fetchFunction(...parameters);
      if (response.status === 401) this.ended();
      return response;
    };
  }

  async askForProvider() {
    try {
      this.provider = (await this.client.status()).provider;
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
    }
  }

  take({ required, signed_in: isSignedIn, subject, scopes, provider }) {
    this.subject = isSignedIn ? subject : null;
    this.provider = provider;
    if (!required) this.set("open", null);
    else if (!isSignedIn) this.set("out", null);
    else this.set(this.scopes.some((scope) => scopes.includes(scope)) ? "in" : "lacking", null);
  }

  set(phase, reason) {
    this.phase = phase;
    this.reason = reason;
    this.onChange();
  }
}

function reasonOf({ status }) {
  if (status === 401) return "refused";
  if (status === 403) return "notAllowed";
  if (status === 413) return "tooManyCourses";
  return status === 0 ? "offline" : "unavailable";
}
