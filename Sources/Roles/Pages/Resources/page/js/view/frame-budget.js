/** How many elements a frame may make or change; a change writes some ten attributes and texts. */
export const elementsAFrame = 64;

/**
 * What the lists of a page may still write in this frame. However much changes at once, a frame's work
 * stays the same, and the rest is written in the frames that follow.
 */
export class FrameBudget {
  constructor(elements = elementsAFrame) {
    this.rest = elements;
    /** Whether something is left for the next frame. */
    this.isExceeded = false;
  }

  /** @returns {boolean} whether one more element may be written */
  take() {
    if (this.rest > 0) {
      this.rest -= 1;
      return true;
    }
    this.isExceeded = true;
    return false;
  }
}
