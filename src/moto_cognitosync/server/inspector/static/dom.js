/** Creates DOM nodes. Text from the server is never parsed as markup. */

// How much of a text is shown at first.
const LENGTH = 2000;
const LINES = 20;

/**
 * Create an element.
 * @param {string} tag name and classes, as in "p.note"
 * @param {Object<string, any>} attributes null and false are omitted; functions are listeners
 * @param {...any} children nodes, texts, or arrays of them; null and false are omitted
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value != null && value !== false) element.setAttribute(key, value);
  }
  element.append(...nodesIn(children));
  return element;
}

/** All nodes and texts in nested arrays, without null and false. */
const nodesIn = (children) => children.flat(9).filter((each) => each != null && each !== false);

// Control characters, invisible characters, and those that change the direction of text.
const HIDDEN = /^ +|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+| +$/gu; // in one line
const HIDDEN_IN_TEXT = /[^\P{Cc}\n\t]+|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;

const codePoints = (text) =>
  [...text]
    .map((each) => `U+${each.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`)
    .join(" ");

/**
 * Return nodes in which hidden characters are visible.
 * @param {string} text
 * @param {RegExp} hidden
 * @returns {(string|Node)[]}
 */
function visible(text, hidden = HIDDEN) {
  const nodes = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(hidden)) {
    nodes.push(text.slice(end, index), h("span.hidden-character", {}, codePoints(found)));
    end = index + found.length;
  }
  return [...nodes, text.slice(end)];
}

/** A name or an id: one line, isolated from the direction of the text around it. */
export const name = (text) => h("bdi.name", {}, visible(text));

/** The end of an id, or the beginning of another text. */
export function shortId(id) {
  const end = id.match(/^[\w-]+:[0-9a-f-]{8,}([0-9a-f]{6})$/)?.[1];
  return h("bdi.name.short", { title: id }, visible(end ? `…${end}` : shorten(id, 20)));
}

/** The end of the id of an identity, and its user, if it has one. */
export const identityName = (id, user) => h("span", {}, shortId(id), user && [" ", userName(user)]);

export const userName = (user) => h("span.hint", {}, name(shorten(user, 40)));

export const shorten = (text, length) => (text.length > length ? `${text.slice(0, length)}…` : text);

/** A text of any length and content, with a button that shows all of it if it is long. */
export function longText(text, length = LENGTH) {
  const element = h("div.text", { dir: "auto" });
  const beginning = text.slice(0, length).split("\n", LINES).join("\n");
  element.append(...visible(beginning, HIDDEN_IN_TEXT));
  if (beginning.length < text.length) {
    const showAll = () => element.replaceChildren(...visible(text, HIDDEN_IN_TEXT));
    const label = `Show all ${count(text.length)} characters`;
    element.append("… ", h("button.link", { type: "button", onclick: showAll }, label));
  }
  return element;
}

/** A JSON object or array, with line breaks and indentation; any other text unchanged. */
export const value = (text) => longText(indentJson(text) ?? text);

// Strings, or characters that change the indentation, or whitespace.
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|\s+|[^\s{}[\],:"]+/gs;

/**
 * Indent JSON without changing numbers or duplicate keys, as JSON.stringify would.
 * @param {string} text
 * @returns {?string} null if the text is not a JSON object or array
 */
export function indentJson(text) {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  let depth = 0;
  const line = () => `\n${"  ".repeat(Math.min(depth, 40))}`;
  const tokens = text.match(TOKENS).filter((each) => each.trim());
  return tokens
    .map((token, i) => {
      if (token === ",") return `,${line()}`;
      if (token === ":") return ": ";
      if ("[{".includes(token)) {
        depth += 1;
        return "]}".includes(tokens[i + 1]) ? token : token + line();
      }
      if (!"]}".includes(token)) return token;
      depth -= 1;
      return "[{".includes(tokens[i - 1]) ? token : line() + token;
    })
    .join("");
}

/** A date of the server, in UTC. */
export const date = (iso) =>
  iso ? h("time", { datetime: iso }, iso.replace("T", " ").replace("Z", "")) : "–";

export const count = (number) => number.toLocaleString("en");

/** A number of bytes. */
export function bytes(number) {
  const [unit, size] = number < 1024 ? ["B", 1] : number < 1024 ** 2 ? ["KiB", 1024] : ["MiB", 1024 ** 2];
  return `${(number / size).toLocaleString("en", { maximumFractionDigits: 1 })} ${unit}`;
}

/** "1 dataset", "2 datasets" */
export const plural = (number, noun) =>
  `${count(number)} ${number === 1 ? noun : `${noun.replace(/y$/, "ie")}s`}`;

/**
 * A list of terms and descriptions; descriptions that are null or empty are omitted.
 * @param {Object<string, any>} facts
 */
export function facts(facts) {
  const shown = Object.entries(facts).filter(([, each]) => each != null && each !== "" && each.length !== 0);
  return h("dl.facts", {}, shown.map(([term, each]) => h("div", {}, h("dt", {}, term), h("dd", {}, each))));
}

/**
 * A table with a caption for screen readers.
 * @param {string} caption
 * @param {string[]} columns
 * @param {HTMLElement[]} rows
 * @param {string} [className] "stacked" if narrow windows show each cell in a line of its own
 */
export function table(caption, columns, rows, className = "") {
  const classOf = (i) => rows[0]?.cells[i]?.className || null;
  const head = h("tr", {}, columns.map((each, i) => h("th", { scope: "col", class: classOf(i) }, each)));
  for (const row of rows) columns.forEach((each, i) => (row.cells[i].dataset.label = each));
  return h(
    "div",
    { class: `scroll ${className}`, tabindex: "0", role: "region", "aria-label": caption },
    h("table", {}, h("caption.visually-hidden", {}, caption), h("thead", {}, head), h("tbody", {}, rows)),
  );
}

/** A button. Its `key` keeps the focus when the view is rendered again. */
export const button = (label, onclick, attributes = {}) =>
  h("button", { type: "button", "data-key": label, onclick, ...attributes }, label);

/**
 * Buttons that turn the pages of a list; null if it has only one.
 * @param {number} offset of the shown page
 * @param {number} size of a page
 * @param {number} total
 * @param {(offset: number) => void} turn
 */
export function pager(offset, size, total, turn) {
  if (total <= size) return null;
  const last = Math.min(offset + size, total);
  return h(
    "p.pager",
    {},
    button("Previous", () => turn(offset - size), { disabled: offset === 0 }),
    h("span", {}, `${count(offset + 1)}–${count(last)} of ${count(total)}`),
    button("Next", () => turn(offset + size), { disabled: last === total }),
  );
}

/** Move the focus to the title of the view. */
export function focusHeading() {
  const heading = document.querySelector("h1");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus();
}

/**
 * Replace the content of an element, and keep the focus on the element with the same key.
 * @param {HTMLElement} container
 * @param {...any} nodes
 */
export function render(container, ...nodes) {
  const focused = container.contains(document.activeElement) && document.activeElement;
  container.replaceChildren(...nodesIn(nodes));
  if (!focused || container.contains(focused)) return;
  const key = focused.dataset.key;
  const same = key && container.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (same) same.focus();
  else focusHeading();
}
