/**
 * Splits a text frame into the JSON objects that it holds, one a line.
 * A line that is no JSON object is left out and counted: one bad line must not cost the others.
 *
 * @param {string} text
 * @returns {{objects: object[], malformed: number}} objects in the order of the frame
 */
export function parseFrame(text) {
  const objects = [];
  let malformed = 0;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    try {
      const value = JSON.parse(line);
      if (value !== null && typeof value === "object" && !Array.isArray(value)) objects.push(value);
      else malformed += 1;
    } catch {
      malformed += 1;
    }
  }
  return { objects, malformed };
}
