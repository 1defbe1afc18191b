"""What a careful eye would find wrong with the layout, found by the browser's own boxes."""

FAULTS = """
() => {
  const dialog = document.querySelector("dialog[open]");
  const root = dialog ?? document.body;
  const faults = [];
  const name = (node) => `${node.closest("[class], [id]")?.className || node.localName}: ` +
    `"${(node.textContent || node.value || "").trim().slice(0, 40)}"`;

  /** What of a box its scrolling and clipping ancestors let through. */
  function visible(box, element) {
    let { left, top, right, bottom } = box;
    for (let node = element; node !== null && node !== root; node = node.parentElement) {
      const style = getComputedStyle(node);
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const edge = node.getBoundingClientRect();
      [left, right] = [Math.max(left, edge.left), Math.min(right, edge.right)];
      [top, bottom] = [Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
    }
    return { left, top, right, bottom };
  }

  const pieces = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    if (element.closest(".visually-hidden, .skip, script, option, .activity > g")) continue;
    let boxes;
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.textContent.trim() === "") continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      boxes = [...range.getClientRects()];
    } else if (["select", "input", "svg"].includes(element.localName) || element.matches(".meter")) {
      boxes = [element.getBoundingClientRect()];
    } else continue;
    if (!element.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })) continue;
    for (const box of boxes) {
      if (box.width < 1 || box.height < 1) continue;
      // Whoever scrolls a list down sees its lines whole; from side to side nobody scrolls.
      const shown = visible(box, element);
      if (shown.right - shown.left < 1 || shown.bottom - shown.top < 1) continue;
      if (shown.right < box.right - 1.5 || shown.left > box.left + 1.5) faults.push(`cut off: ${name(element)}`);
      if (box.right > innerWidth + 1 || box.left < -1) faults.push(`beyond the edge: ${name(element)}`);
      pieces.push({ element, ...shown });
    }
  }

  // A line box is higher than its letters, so neighbours may touch by a little.
  const slack = 2.5;
  pieces.sort((a, b) => a.top - b.top);
  pieces.forEach((a, place) => {
    for (let next = place + 1; next < pieces.length && pieces[next].top < a.bottom - slack; next += 1) {
      const b = pieces[next];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide <= slack || high <= slack) continue;
      if (a.element === b.element || a.element.contains(b.element) || b.element.contains(a.element)) continue;
      // The chart's scale lies on the chart.
      if (a.element.closest(".plot") && b.element.closest(".plot")) continue;
      faults.push(`overlap: ${name(a.element)} and ${name(b.element)}`);
    }
  });
  for (const select of root.querySelectorAll("select")) {
    if (!select.checkVisibility()) continue;
    const style = getComputedStyle(select);
    const pen = new OffscreenCanvas(1, 1).getContext("2d");
    pen.font = style.font;
    // The arrow is drawn beside the padding.
    const arrow = 20;
    const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - arrow;
    const text = select.selectedOptions[0]?.textContent ?? "";
    if (pen.measureText(text).width > room + 1) faults.push(`cut off: select "${text}"`);
  }
  return faults;
}
"""


def layout_faults(page) -> list[str]:
    """Text, icons and controls that overlap, are cut off, or leave the screen."""
    return page.evaluate(FAULTS)
