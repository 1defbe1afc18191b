import { ApiClient } from "./api-client.js";

/** Asks the server who looks at the page, and signs in and out. Every method throws `Problem`. */
export class SignInClient extends ApiClient {
  /** @returns {Promise<{required: boolean, signed_in: boolean, subject: string | null, scopes: string[],
   *   provider: string | null}>} */
  status() {
    return this.send("GET", "/sign-in");
  }

  /** The cookie that comes back is kept from scripts. */
  signIn(token) {
    return this.send("POST", "/sign-in", { token });
  }

  async signOut() {
    await this.send("POST", "/sign-out");
  }
}
