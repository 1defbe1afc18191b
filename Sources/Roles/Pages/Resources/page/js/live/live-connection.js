import { ConnectionMachine } from "./connection-machine.js";
import { parseFrame } from "./frames.js";

/** A silent connection is probed this often, in milliseconds. */
const probeInterval = 2_000;

/** The close code of a server whose client has to sign in again. */
const accessEnded = 4401;

/** A connection that has not said hello by then, in milliseconds, is tried anew. */
const helloDeadline = 10_000;

/**
 * Keeps a WebSocket to `/ws/dashboard` open and carries out what the machine decides.
 *
 * The server keeps a connection open while its bus is away, so a silent one is probed: no event for a
 * while and a bus that is down count as a lost connection.
 *
 * Handlers: `onEvents(events)`, `onReload()`, `onPhase(phase)`, `onAccessEnded()`.
 */
export class LiveConnection {
  /**
   * @param {{course: string, handlers: object, isBusDown: () => Promise<boolean>,
   *   location?: Location}} options
   */
  constructor({ course, handlers, isBusDown, location = globalThis.location }) {
    this.machine = new ConnectionMachine();
    this.course = course;
    this.handlers = handlers;
    this.isBusDown = isBusDown;
    this.location = location;
    this.socket = null;
    this.timer = null;
    this.probe = null;
    this.lastHeard = 0;
    this.isProbing = false;
    this.comeBack = () => this.feed({ on: "waited" });
  }

  /** @param {string | null} after the position from which to go on; also called after a reload */
  start(after) {
    if (this.probe === null) {
      globalThis.addEventListener("online", this.comeBack);
      this.probe = setInterval(() => this.check(), probeInterval);
    }
    this.feed({ on: "start", after });
  }

  stop() {
    globalThis.removeEventListener("online", this.comeBack);
    clearInterval(this.probe);
    this.probe = null;
    clearTimeout(this.timer);
    this.feed({ on: "stop" });
  }

  feed(input) {
    const before = this.machine.phase;
    const actions = this.machine.handle(input);
    for (const action of actions) this.carryOut(action);
    if (this.machine.phase !== before) this.handlers.onPhase(this.machine.phase);
  }

  carryOut(action) {
    switch (action.do) {
      case "connect":
        this.connect(action.after);
        break;
      case "disconnect":
        this.disconnect();
        break;
      case "wait":
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.feed({ on: "waited" }), action.delay);
        break;
      case "apply":
        this.handlers.onEvents(action.events);
        break;
      case "reload":
        this.handlers.onReload();
        break;
    }
  }

  connect(after) {
    clearTimeout(this.timer);
    const address = new URL("/ws/dashboard", this.location.href);
    address.protocol = this.location.protocol === "https:" ? "wss:" : "ws:";
    address.searchParams.set("course_id", this.course);
    if (after !== null) address.searchParams.set("after", after);
    const socket = new WebSocket(address);
    this.socket = socket;
    this.lastHeard = performance.now();
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket || typeof data !== "string") return;
      this.lastHeard = performance.now();
      const { objects, malformed } = parseFrame(data);
      if (malformed > 0) console.warn(`the live stream brought ${malformed} lines that are no JSON object`);
      this.feed({ on: "objects", objects });
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.socket) return;
      this.feed({ on: "closed" });
      if (code === accessEnded) this.handlers.onAccessEnded();
    };
  }

  disconnect() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  async check() {
    const silence = performance.now() - this.lastHeard;
    if (this.machine.phase === "connecting" && silence > helloDeadline) {
      this.disconnect();
      this.feed({ on: "closed" });
      return;
    }
    if (this.machine.phase !== "open" || silence < probeInterval || this.isProbing) return;
    const socket = this.socket;
    this.isProbing = true;
    const isDown = await this.isBusDown();
    this.isProbing = false;
    if (isDown && socket === this.socket) this.feed({ on: "busLost" });
  }
}
