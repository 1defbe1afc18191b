import { Problem } from "./problem.js";

const deadline = 15_000;

/** Asks the server who looks at the page, and signs in and out. Every method throws `Problem`. */
export class SignInClient {
  constructor(fetchFunction = (...parameters) => fetch(...parameters)) {
    this.fetch = fetchFunction;
  }

  /** @returns {Promise<{required: boolean, signed_in: boolean, subject: string | null, scopes: string[],
   *   provider: string | null}>} */
  async status() {
    return (await this.send("GET", "/sign-in")).json();
  }

  /** The cookie that comes back is kept from scripts. */
  async signIn(token) {
    return (await this.send("POST", "/sign-in", { token })).json();
  }

  async signOut() {
    await this.send("POST", "/sign-out");
  }

  async send(method, path, body) {
    const options = { method, headers: { accept: "application/json" }, signal: AbortSignal.timeout(deadline) };
    if (body !== undefined) {
      options.headers["content-type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    let response;
    try {
      response = await this.fetch(path, options);
    } catch {
      throw new Problem(0, "");
    }
    if (!response.ok) {
      const answer = await response.json().catch(() => null);
      throw new Problem(response.status, answer?.detail ?? response.statusText);
    }
    return response;
  }
}
