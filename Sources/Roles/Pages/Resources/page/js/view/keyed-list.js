import { FrameBudget } from "./frame-budget.js";

/**
 * Keeps a parent's children in step with a list: an item keeps its element for as long as its key
 * stays in the list, so focus, scrolling and transitions survive an update. Only what differs is written,
 * as far as the frame's budget goes; the next update goes on where it ended.
 */
export class KeyedList {
  /**
   * @param {Element} parent whose children are all the list's
   * @param {{key: (item: any) => any, face: (item: any) => string | number,
   *   create: (item: any) => Element, update: (node: Element, item: any) => void}} options `face` stands
   *   for all that an item's element shows: as long as it is the same, the element is left alone; without
   *   it, every element is updated each time
   */
  constructor(parent, { key, face = () => ({}), create, update }) {
    this.parent = parent;
    this.key = key;
    this.face = face;
    this.create = create;
    this.updateNode = update;
    /** @type {Map<any, {node: Element, face: any, epoch: any, turn: number}>} */
    this.entries = new Map();
    this.turn = 0;
    this.begin = 0;
  }

  /**
   * @param {any[]} items
   * @param {FrameBudget} budget without one, everything is written at once
   * @param {any} epoch what all elements depend on, such as the language
   */
  update(items, budget = new FrameBudget(Infinity), epoch = null) {
    const focused = document.activeElement;
    this.turn += 1;
    this.refresh(items, budget, epoch);
    this.arrange(items, budget, epoch);
    if (this.entries.size > items.length) this.removeOthers(items, budget);
    // An element that is moved loses the focus.
    if (focused !== document.activeElement && this.parent.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }

  /** Updates the elements that are there, beginning where the budget ended the last time. */
  refresh(items, budget, epoch) {
    const { length } = items;
    const begin = this.begin < length ? this.begin : 0;
    this.begin = 0;
    for (let count = 0; count < length; count += 1) {
      const place = begin + count < length ? begin + count : begin + count - length;
      const item = items[place];
      const entry = this.entries.get(this.key(item));
      if (entry === undefined) continue;
      entry.turn = this.turn;
      const face = this.face(item);
      if (entry.face === face && entry.epoch === epoch) continue;
      if (!budget.take()) {
        this.begin = place;
        // The others are still of this turn.
        for (const rest of items) {
          const other = this.entries.get(this.key(rest));
          if (other !== undefined) other.turn = this.turn;
        }
        return;
      }
      Object.assign(entry, { face, epoch });
      this.updateNode(entry.node, item);
    }
  }

  /** Makes what is missing and moves what stands in the wrong place. */
  arrange(items, budget, epoch) {
    let next = this.parent.firstChild;
    for (const item of items) {
      const key = this.key(item);
      let entry = this.entries.get(key);
      if (entry !== undefined && entry.node === next) {
        next = next.nextSibling;
        continue;
      }
      // Those that have left stand in nobody's way: they are passed over, and go at the end.
      while (next !== null && next !== entry?.node && this.hasLeft(next)) next = next.nextSibling;
      if (entry !== undefined && entry.node === next) {
        next = next.nextSibling;
        continue;
      }
      // The one before it has moved on: its own turn comes, and moves it alone.
      if (entry !== undefined && next !== null && next.nextSibling === entry.node) {
        next = entry.node.nextSibling;
        continue;
      }
      if (!budget.take()) return;
      if (entry === undefined) {
        entry = { node: this.create(item), face: this.face(item), epoch, turn: this.turn };
        entry.node.keyedListEntry = entry;
        this.entries.set(key, entry);
        this.updateNode(entry.node, item);
      }
      this.parent.insertBefore(entry.node, next);
    }
  }

  hasLeft(node) {
    return node.keyedListEntry.turn !== this.turn;
  }

  removeOthers(items, budget) {
    for (const [key, { node, turn }] of this.entries) {
      if (turn === this.turn) continue;
      if (!budget.take()) return;
      node.remove();
      this.entries.delete(key);
    }
  }
}
