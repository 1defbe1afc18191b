import { Problem } from "./problem.js";

/** Asks the server for JSON. Every method throws `Problem`. */
export class ApiClient {
  /** Of one request, in milliseconds. */
  deadline = 15_000;

  constructor(fetchFunction = (...parameters) => fetch(...parameters)) {
    this.fetch = fetchFunction;
  }

  get(path, query) {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined) parameters.set(name, value);
    }
    return this.send("GET", `${path}?${parameters}`);
  }

  /** @returns the answer's JSON; null for one without content */
  send(method, path, body) {
    const options = { method, headers: { accept: "application/json" } };
    if (body !== undefined) {
      options.headers["content-type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    return this.read(path, options);
  }

  /** @param {Blob} file sent as it is */
  sendFile(method, path, file, type) {
    return this.read(path, { method, headers: { accept: "application/json", "content-type": type }, body: file });
  }

  async read(path, options) {
    const response = await this.ask(path, options);
    if (response.status === 204) return null;
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw new Problem(response.status, answer?.detail ?? answer?.title ?? response.statusText);
    if (answer === null) throw new Problem(502, "the answer is no JSON");
    return answer;
  }

  /** Any answer. */
  async ask(path, options = {}) {
    try {
      return await this.fetch(path, { ...options, signal: AbortSignal.timeout(this.deadline) });
    } catch {
      throw new Problem(0, "");
    }
  }
}
