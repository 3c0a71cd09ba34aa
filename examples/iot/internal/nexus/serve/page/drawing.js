// The drawing of the architecture: what an event passes, with counts, each part a
// link to its figures.

import { at, drawn, whole } from "./dom.js";

const WIDTH = 150;
const HEIGHT = 54;
const STEP = 66; // from box to box in a column

const narrow = matchMedia("(max-width: 40rem)");

let shape = "";
let figures = []; // of the parts, to be written again

export function draw(board, rate) {
  const parts = partsOf(board, rate);
  const wanted = JSON.stringify([narrow.matches, parts.map((part) => [part.group, part.name])]);
  if (wanted !== shape) {
    shape = wanted;
    build(parts);
  }
  parts.forEach((part, i) => {
    const { link, figure } = figures[i];
    figure.textContent = part.figure;
    link.classList.toggle("alarm", part.alarm);
    link.setAttribute("aria-label", `${part.name}: ${part.figure}`);
  });
}

function partsOf(board, rate) {
  const refused = board.totals.rejected + board.totals.conflict + board.totals.failed;
  return [
    { name: "Callers", figure: whole(rate) + " events/s", target: "throughput", caption: "commands", alarm: false },
    { name: "Gate", figure: whole(board.totals.accepted) + " appends", target: "latency", caption: "schema, policy, version", alarm: false },
    { name: "Not stored", figure: whole(refused), target: "rejected", caption: "", alarm: board.points.slice(-60).some((p) => p.rejected > 0) },
    { name: "Store", figure: whole(board.events) + " events", target: "types", caption: "durable, chained", alarm: false },
    ...board.channels.map((c) => ({
      group: "Channels", name: c.name, figure: (c.down ? "down, " : "") + whole(c.owed) + " owed", target: "paths", alarm: c.down || c.dead > 0,
    })),
    ...board.projections.map((p) => ({
      group: "Projections", name: p.title ?? p.name, figure: p.state === "stopped" ? "stopped" : whole(p.lag) + " behind", target: "projections", alarm: p.state === "stopped",
    })),
  ];
}

function build(parts) {
  const drawing = at("drawing");
  drawing.replaceChildren();
  figures = [];
  if (narrow.matches) buildTall(drawing, parts);
  else buildWide(drawing, parts);
}

const inGroup = (part) => part.group !== undefined;

function buildWide(drawing, parts) {
  const right = column(parts.filter(inGroup));
  const height = Math.max(210, right.height);
  const middle = height / 2;
  arrow(drawing, `M160 ${middle}H268`);
  arrow(drawing, `M420 ${middle}H528`);
  down(drawing, `M345 ${middle + 27}V${middle + 44}`);
  const boxes = [[10, middle - 27], [270, middle - 27], [270, middle + 46], [530, middle - 27]];
  const top = (height - right.height) / 2;
  for (const y of right.places) {
    const to = top + y + HEIGHT / 2;
    arrow(drawing, `M680 ${middle}C735 ${middle} 735 ${to} 788 ${to}`);
    boxes.push([790, top + y]);
  }
  for (const { name, y } of right.captions) caption(drawing, 865, top + y, "", name);
  parts.forEach((part, i) => box(drawing, part, ...boxes[i]));
  drawing.setAttribute("viewBox", `0 0 950 ${height}`);
}

// column places boxes of groups below each other.
function column(parts) {
  const places = [];
  const captions = [];
  let y = 0;
  let group;
  for (const part of parts) {
    if (part.group !== group) {
      group = part.group;
      y += 18;
      captions.push({ name: group, y: y - 6 });
    }
    places.push(y);
    y += STEP;
  }
  return { places, captions, height: y };
}

function buildTall(drawing, parts) {
  down(drawing, "M85 74V111");
  down(drawing, "M85 167V204");
  arrow(drawing, "M160 140H188");
  const boxes = [[10, 20], [10, 113], [190, 113], [10, 206]];
  let y = 264;
  let group;
  let side = 0;
  for (const part of parts.filter(inGroup)) {
    if (part.group !== group) {
      if (side === 1) y += STEP;
      if (group === undefined) down(drawing, `M85 260V${y + 12}`);
      group = part.group;
      y += 36;
      side = 0;
      caption(drawing, 85, y - 8, "", group);
    }
    boxes.push([side === 0 ? 10 : 190, y]);
    y += side * STEP;
    side = 1 - side;
  }
  parts.forEach((part, i) => box(drawing, part, ...boxes[i]));
  drawing.setAttribute("viewBox", `0 0 350 ${y + side * STEP}`);
}

function box(drawing, part, x, y) {
  const link = drawn("a", { href: "#" + part.target });
  const figure = drawn("text", { x: x + WIDTH / 2, y: y + 43, class: "count" });
  const name = part.name.length > 18 ? part.name.slice(0, 17) + "…" : part.name;
  link.append(
    drawn("title", {}, part.name),
    drawn("rect", { x, y, width: WIDTH, height: HEIGHT, rx: 6 }),
    drawn("text", { x: x + WIDTH / 2, y: y + 23 }, name),
    figure,
  );
  link.addEventListener("click", () => at(part.target).focus());
  if (part.caption) caption(drawing, ...captionOf(x, y), part.caption);
  drawing.append(link);
  figures.push({ link, figure });
}

// captionOf is where the caption of a box is: above it, beside the arrow if one
// comes from there.
const captionOf = (x, y) => (narrow.matches && y > HEIGHT ? [x + 92, y - 12, "beside"] : [x + WIDTH / 2, y - 7, ""]);

const caption = (drawing, x, y, side, text) => drawing.append(drawn("text", { x, y, class: "caption " + side }, text));

const arrow = (drawing, path) => drawing.append(drawn("path", { d: path + "m-7 -4l7 4l-7 4" }));

const down = (drawing, path) => drawing.append(drawn("path", { d: path + "m-4 -7l4 7l4 -7" }));
