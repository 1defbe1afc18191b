import { element, setAttribute, setText } from "../view/dom.js";

const pages = { classroom: "/", operations: "/ops" };

/** The way from each page to the other. */
export class PageLinks extends HTMLElement {
  connectedCallback() {
    this.links = new Map(Object.entries(pages).map(([page, href]) => {
      const link = element("a", { href });
      if (location.pathname === href) link.setAttribute("aria-current", "page");
      return [page, link];
    }));
    this.nav = element("nav", {}, ...this.links.values());
    this.replaceChildren(this.nav);
  }

  update(_, translator) {
    setAttribute(this.nav, "aria-label", translator.text("links.label"));
    for (const [page, link] of this.links) setText(link, translator.text(`links.${page}`));
  }
}
