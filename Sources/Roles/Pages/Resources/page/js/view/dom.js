const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * Makes an element. Strings become text nodes: nothing that a learner wrote is ever read as HTML.
 *
 * @param {string} name
 * @param {Record<string, string | number | boolean | null | undefined>} attributes `true` sets an empty
 *   attribute; `false`, `null` and `undefined` leave it out
 */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(svgNamespace, name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children);
  return node;
}

/** Writes only what differs, so that an unchanged element costs no layout. */
export function setAttribute(node, name, value) {
  if (value === false || value === null || value === undefined) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

/** Writes only what differs. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
