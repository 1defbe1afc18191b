const prefix = "progressbus.";

/** What this browser remembers. A browser that keeps nothing still shows the page. */
export const browserStorage = {
  get(name) {
    try {
      return localStorage.getItem(prefix + name);
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(prefix + name, value);
    } catch {
      // Private windows may refuse; the choice then lasts until the page is closed.
    }
  },
};
