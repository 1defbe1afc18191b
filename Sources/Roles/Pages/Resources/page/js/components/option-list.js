import { element, setText } from "../view/dom.js";

/**
 * Brings a select in step with `options`, touching only what differs: an open list stays open.
 *
 * @param {HTMLSelectElement} select
 * @param {{value: string, label: string}[]} options
 */
export function setOptions(select, options, value) {
  options.forEach(({ value, label }, place) => {
    const option = select.options[place] ?? select.appendChild(element("option"));
    if (option.value !== value || !option.hasAttribute("value")) option.setAttribute("value", value);
    setText(option, label);
  });
  while (select.options.length > options.length) select.lastElementChild.remove();
  if (select.value !== value) select.value = value;
}
