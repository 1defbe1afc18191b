/** Remembers the newest ids, between one and two times `capacity` of them, at a constant cost. */
export class RecentIDs {
  constructor(capacity = 20_000) {
    this.capacity = capacity;
    this.young = new Set();
    this.old = new Set();
  }

  /** @returns {boolean} whether the id is new */
  add(id) {
    if (this.young.has(id) || this.old.has(id)) return false;
    this.young.add(id);
    if (this.young.size >= this.capacity) {
      this.old = this.young;
      this.young = new Set();
    }
    return true;
  }
}
