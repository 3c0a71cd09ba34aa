// What the parts of the page have in common. Whatever events contain reaches the
// document as text only: nothing here makes markup of a string.

export const at = (id) => document.getElementById(id);

const SVG = "http://www.w3.org/2000/svg";

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function drawn(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

const numbers = new Intl.NumberFormat("en");

export const whole = (n) => numbers.format(n);

export function milliseconds(ms) {
  if (ms >= 1000) return (ms / 1000).toFixed(2) + " s";
  return ms.toFixed(ms >= 100 ? 0 : ms >= 10 ? 1 : 2) + " ms";
}

export const clock = (time) => time.slice(11, 19);

// rows fills a table. A cell is a text, {n} for a number, {figure} for one that is
// written out, {alarm} for a text that
// is bad news, {word} for one that is not to be broken, {list} for several, {stream}
// for a button that shows a stream's trail, or {event} for one that shows an event.
//
// Rows that stay the same stay where they are: a button must not go away under a
// finger, nor a text that is being selected.
export function rows(id, list, none) {
  const body = at(id);
  const heads = [...body.parentElement.tHead.rows[0].cells].map((head) => head.textContent);
  if (list.length === 0) list = [none];
  let next = body.firstElementChild;
  for (const cells of list) {
    const key = JSON.stringify(cells);
    if (next?.dataset.key === key) {
      next = next.nextElementSibling;
      continue;
    }
    const row = cells === none ? emptyRow(none, heads.length) : fullRow(cells, heads);
    row.dataset.key = key;
    body.insertBefore(row, next);
  }
  while (next) {
    const gone = next;
    next = next.nextElementSibling;
    gone.remove();
  }
}

function emptyRow(text, columns) {
  const row = element("tr");
  const cell = element("td", "empty", text);
  cell.colSpan = columns;
  row.append(cell);
  return row;
}

function fullRow(cells, heads) {
  const row = element("tr");
  row.setAttribute("role", "row"); // as blocks on a narrow page, tables are none to every reader
  cells.forEach((value, i) => {
    const cell = cellOf(value);
    cell.setAttribute("role", "cell");
    cell.dataset.label = heads[i];
    row.append(cell);
  });
  return row;
}

function cellOf(value) {
  if (typeof value === "string") return element("td", "", value);
  if ("n" in value) return element("td", "n", whole(value.n));
  if ("figure" in value) return element("td", "n", value.figure);
  if ("alarm" in value) return element("td", "word alarm", value.alarm);
  if ("word" in value) return element("td", "word", value.word);
  const cell = element("td");
  if ("list" in value) {
    const list = element("ul");
    list.append(...value.list.map((text) => element("li", "", text)));
    cell.append(list);
  } else if ("stream" in value) {
    cell.append(streamButton(value.stream));
  } else {
    const button = element("button", "link", "details");
    button.type = "button";
    button.dataset.event = value.event;
    button.setAttribute("aria-label", "details of version " + value.version);
    cell.append(button);
  }
  return cell;
}

const TAIL = 6;

// streamButton has room for the whole name or leaves out its middle: streams of one
// kind begin alike.
export function streamButton(stream) {
  const button = element("button", "link stream");
  const letters = [...stream];
  button.append(element("span", "", letters.slice(0, -TAIL).join("")), element("span", "", letters.slice(-TAIL).join("")));
  button.type = "button";
  button.title = stream;
  button.dataset.stream = stream;
  button.setAttribute("aria-label", "trail of " + stream);
  return button;
}
