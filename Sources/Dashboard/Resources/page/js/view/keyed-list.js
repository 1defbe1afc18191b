/**
 * Keeps a parent's children in step with a list: an item keeps its element for as long as its key
 * stays in the list, so focus, scrolling and transitions survive an update.
 */
export class KeyedList {
  /**
   * @param {Element} parent whose children are all the list's
   * @param {{key: (item: any) => string, create: (item: any) => Element,
   *   update: (node: Element, item: any) => void}} options
   */
  constructor(parent, { key, create, update }) {
    this.parent = parent;
    this.key = key;
    this.create = create;
    this.updateNode = update;
    this.nodes = new Map();
  }

  update(items) {
    const focused = document.activeElement;
    this.arrange(items);
    // An element that is moved loses the focus.
    if (focused !== document.activeElement && this.parent.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }

  arrange(items) {
    const keys = new Set(items.map(this.key));
    for (const [key, node] of this.nodes) {
      if (keys.has(key)) continue;
      node.remove();
      this.nodes.delete(key);
    }
    let next = this.parent.firstChild;
    for (const item of items) {
      const key = this.key(item);
      let node = this.nodes.get(key);
      if (node === undefined) {
        node = this.create(item);
        this.nodes.set(key, node);
      }
      this.updateNode(node, item);
      if (node === next) next = next.nextSibling;
      else this.parent.insertBefore(node, next);
    }
  }
}
