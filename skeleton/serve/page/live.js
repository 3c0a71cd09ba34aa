// The page shows what it is told every second. Whatever events contain reaches
// the document as text only: nothing here makes markup of a string.
"use strict";

const at = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("en");
const SVG = "http://www.w3.org/2000/svg";

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function drawn(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function milliseconds(ms) {
  if (ms >= 1000) return (ms / 1000).toFixed(2) + " s";
  return ms.toFixed(ms >= 100 ? 0 : ms >= 10 ? 1 : 2) + " ms";
}

const clock = (time) => time.slice(11, 19);

// Tables. A cell is a text, or {text, className}, or an element.

function rows(id, list, none) {
  const body = at(id);
  const made = list.map((cells) => {
    const row = element("tr");
    for (const cell of cells) {
      if (cell instanceof Node) {
        const box = element("td");
        box.append(cell);
        row.append(box);
      } else if (typeof cell === "object") {
        row.append(element("td", cell.className, cell.text));
      } else {
        row.append(element("td", "", cell));
      }
    }
    return row;
  });
  if (made.length === 0) {
    const row = element("tr");
    const cell = element("td", "empty", none);
    cell.colSpan = body.parentElement.tHead.rows[0].cells.length;
    row.append(cell);
    made.push(row);
  }
  body.replaceChildren(...made);
}

const count = (n) => ({ text: whole.format(n), className: "n" });

function bullets(texts) {
  const list = element("ul");
  list.append(...texts.map((text) => element("li", "", text)));
  return list;
}

function streamButton(stream) {
  const button = element("button", "link", stream);
  button.type = "button";
  button.addEventListener("click", () => showTrail(stream));
  return button;
}

// Charts.

function line(points, value, top, className) {
  const step = 480 / 119;
  const start = 120 - points.length;
  const places = points.map((point, i) => `${((start + i) * step).toFixed(1)},${(116 - (value(point) / top) * 110).toFixed(1)}`);
  return drawn("polyline", { class: className, points: places.join(" ") });
}

function chart(id, points, good, bad) {
  const top = Math.max(1e-9, ...points.map(good), ...points.map(bad));
  at(id).replaceChildren(line(points, good, top, "accepted"), line(points, bad, top, "rejected"));
  return top;
}

// The drawing of the architecture.

function box(parts, x, y, name, figure, target, alarm) {
  const link = drawn("a", { href: "#" + target, class: alarm ? "alarm" : "", "aria-label": `${name}: ${figure}` });
  link.append(
    drawn("rect", { x, y, width: 150, height: 54, rx: 6 }),
    drawn("text", { x: x + 75, y: y + 23 }, name.length > 19 ? name.slice(0, 18) + "…" : name),
    drawn("text", { x: x + 75, y: y + 43, class: "count" }, figure),
  );
  link.addEventListener("click", () => at(target).focus());
  parts.push(link);
}

function arrow(parts, x1, y1, x2, y2) {
  const middle = (x1 + x2) / 2;
  parts.push(drawn("path", { d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2 - 2} ${y2}m-7 -4l7 4l-7 4` }));
}

function draw(board, rate) {
  const refused = board.totals.rejected + board.totals.conflict + board.totals.failed;
  const right = [];
  for (const c of board.channels) right.push([c.name, c.down ? "down, " + whole.format(c.owed) + " owed" : whole.format(c.owed) + " owed", "paths", c.down || c.dead > 0]);
  for (const p of board.projections) right.push([p.name, p.state === "stopped" ? "stopped" : whole.format(p.lag) + " behind", "projections", p.state === "stopped"]);
  const height = Math.max(200, right.length * 68 + 12);
  const middle = height / 2;
  const parts = [];
  arrow(parts, 160, middle, 270, middle);
  arrow(parts, 420, middle, 530, middle);
  parts.push(drawn("path", { d: `M345 ${middle + 27}V${middle + 45}m-4 -7l4 7l4 -7` }));
  right.forEach((_, i) => arrow(parts, 680, middle, 790, height * (i + 0.5) / right.length));
  box(parts, 10, middle - 27, "Callers", whole.format(rate) + " events/s", "throughput", false);
  box(parts, 270, middle - 27, "Gate", whole.format(board.totals.accepted) + " appends", "latency", false);
  box(parts, 270, middle + 46, "Rejected", whole.format(refused), "rejected", refused > 0);
  box(parts, 530, middle - 27, "Store", whole.format(board.events) + " events", "types", false);
  right.forEach(([name, figure, target, alarm], i) => box(parts, 790, height * (i + 0.5) / right.length - 27, name, figure, target, alarm));
  const focused = document.activeElement && at("drawing").contains(document.activeElement) ? [...at("drawing").querySelectorAll("a")].indexOf(document.activeElement) : -1;
  at("drawing").setAttribute("viewBox", `0 0 950 ${height}`);
  at("drawing").replaceChildren(...parts);
  if (focused >= 0) at("drawing").querySelectorAll("a")[focused]?.focus();
}

// What comes every second.

let lastRejected = "";

function show(board) {
  const last = board.points[board.points.length - 1] ?? { accepted: 0 };
  document.title = board.title + " live";
  at("title").textContent = board.title;
  at("rate").textContent = whole.format(last.accepted);
  at("events").textContent = whole.format(board.events);
  for (const name of ["p50", "p90", "p99", "max"]) at(name).textContent = milliseconds(board.latency[name]);
  at("top-rate").textContent = "top " + whole.format(Math.round(chart("chart-rate", board.points, (p) => p.accepted, (p) => p.rejected))) + "/s";
  at("top-latency").textContent = "top " + milliseconds(chart("chart-latency", board.points, (p) => p.p50, (p) => p.p99));
  at("rejected-total").textContent = `${whole.format(board.totals.rejected)} rejected, ${whole.format(board.totals.conflict)} conflicts, ${whole.format(board.totals.failed)} failed`;
  const rejected = JSON.stringify(board.rejected);
  if (rejected !== lastRejected || rejected === "[]") { // or a button would go away under the finger
    lastRejected = rejected;
    rows("rejected-rows", board.rejected.map((r) => [clock(r.at), { text: r.outcome, className: "alarm" }, streamButton(r.stream), r.types.join(", "), bullets(r.reasons)]), "nothing was rejected");
  }
  rows("types-rows", board.types.map((t) => [t.name, count(t.accepted), count(t.rejected)]), "no event yet");
  rows("paths-rows", board.paths.map((p) => [p.name, count(p.events)]), "no event yet");
  rows("channels-rows", board.channels.map((c) => [c.name, count(c.owed), count(c.dead), c.down ? { text: "down", className: "alarm" } : "up"]), "no channel");
  rows("projections-rows", board.projections.map((p) => [p.name, count(p.position), count(p.lag), { text: p.state + (p.rebuilding ? ", being rebuilt" : ""), className: p.state === "stopped" ? "alarm" : "" }]), "no projection");
  draw(board, last.accepted);
}

function state(name, text) {
  at("state").dataset.state = name;
  at("state").textContent = text;
}

const source = new EventSource("/live/events");
source.addEventListener("board", (message) => {
  const board = JSON.parse(message.data);
  show(board);
  state("live", "live, " + clock(board.time) + " UTC");
});
source.addEventListener("error", () => state("lost", source.readyState === EventSource.CLOSED ? "ended: reload the page" : "connection lost, trying again"));

// The audit trail.

let trail = { stream: "", events: [], next: 0 };

async function ask(path) {
  const answer = await fetch(new URL(path, location.origin), { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status === 404 ? "there is no such stream" : "answered with " + answer.status);
  return answer.json();
}

async function showTrail(stream) {
  at("trail-stream").value = stream;
  at("trail").scrollIntoView();
  for (const id of ["trail-event", "trail-why", "trail-why-head"]) at(id).hidden = true;
  trail = { stream, events: [], next: 1 };
  await more();
}

async function more() {
  const wanted = trail;
  at("trail-state").textContent = "reading";
  try {
    const page = await ask(`/streams/${encodeURIComponent(wanted.stream)}/events?from=${wanted.next}`);
    if (wanted !== trail) return;
    trail.events.push(...page.events);
    trail.next = page.next ?? 0;
    at("trail-state").textContent = whole.format(trail.events.length) + " events" + (trail.next ? ", and more" : "");
  } catch (fault) {
    if (wanted !== trail) return;
    trail.next = 0;
    at("trail-state").textContent = fault.message;
  }
  at("trail-more").hidden = !trail.next;
  rows("trail-rows", trail.events.map(trailRow), "no event to show");
}

function trailRow(event) {
  const button = element("button", "link", "details");
  button.type = "button";
  button.addEventListener("click", () => details(event));
  return [count(event.version), event.recorded.replace("T", " "), event.type, event.actor ?? "", event.correlationId ?? "", event.hash.slice(0, 12), button];
}

let chosen = "";

async function details(event) {
  chosen = event.id;
  const pane = at("trail-event");
  pane.textContent = JSON.stringify(event, null, 2);
  pane.hidden = false;
  pane.focus();
  for (const id of ["trail-why", "trail-why-head"]) at(id).hidden = true;
  let why;
  try {
    why = await ask(`/events/${encodeURIComponent(event.id)}/why`);
  } catch {
    return; // not every app says why
  }
  if (chosen === event.id) showWhy(why);
}

function showWhy(why) {
  const items = why.causes.toReversed().map((link) => whyItem(link, "caused by"));
  if (why.origin) items.unshift(element("li", "", "began with " + why.origin));
  const here = whyItem(why.event, "this event");
  here.className = "chosen";
  items.push(here);
  for (const link of why.effects) {
    const item = whyItem(link, link.depth === 1 ? "caused" : "which caused, " + link.depth + " steps on,");
    item.className = "effect";
    items.push(item);
  }
  if (why.more) items.push(element("li", "", "and more"));
  at("trail-why").replaceChildren(...items);
  for (const id of ["trail-why", "trail-why-head"]) at(id).hidden = false;
}

function whyItem(link, how) {
  const item = element("li", "", `${how} ${link.type} ${link.id} in `);
  item.append(streamButton(link.stream), ` version ${link.version}, ${link.recorded}` + (link.actor ? " by " + link.actor : ""));
  return item;
}

at("trail-form").addEventListener("submit", (submit) => {
  submit.preventDefault();
  showTrail(at("trail-stream").value);
});
at("trail-more").addEventListener("click", more);
