/** The newest events, newest first; what comes while it is paused waits. */
export class Feed {
  constructor(capacity = 24) {
    this.capacity = capacity;
    this.shown = [];
    this.held = [];
    this.heldCount = 0;
    this.isPaused = false;
  }

  add(event) {
    const list = this.isPaused ? this.held : this.shown;
    list.unshift(event);
    if (list.length > this.capacity) list.length = this.capacity;
    if (this.isPaused) this.heldCount += 1;
  }

  toggle() {
    if (this.isPaused) this.resume();
    else this.pause();
  }

  pause() {
    this.isPaused = true;
  }

  resume() {
    this.isPaused = false;
    this.shown = [...this.held, ...this.shown].slice(0, this.capacity);
    this.held = [];
    this.heldCount = 0;
  }
}
