// The page shows what it is told every second.

import { at, clock, drawn, milliseconds, rows, whole } from "./dom.js";
import { draw } from "./drawing.js";
import "./trail.js";

// Charts. A point has its place from the right: the last one is now.

const SECONDS = 120;
const step = 480 / (SECONDS - 1);

const x = (points, i) => ((SECONDS - points.length + i) * step).toFixed(1);
const y = (value, top) => (116 - (value / top) * 110).toFixed(1);

function line(points, value, top, className) {
  return drawn("polyline", { class: className, points: points.map((point, i) => `${x(points, i)},${y(value(point), top)}`).join(" ") });
}

// bars are high enough to be seen, however few there are beside the rest.
function bars(points, value, top, className) {
  const path = points.map((point, i) => (value(point) ? `M${x(points, i)} 118V${Math.min(y(value(point), top), 108)}` : ""));
  return drawn("path", { class: className, d: path.join("") });
}

const grid = () => drawn("path", { class: "grid", d: "M0 6H480M0 61H480" });

function topOf(points, ...values) {
  return Math.max(1e-9, ...values.flatMap((value) => points.map(value)));
}

function showRate(points) {
  const top = topOf(points, (p) => p.accepted, (p) => p.rejected);
  at("chart-rate").replaceChildren(grid(), bars(points, (p) => p.rejected, top, "rejected"), line(points, (p) => p.accepted, top, "accepted"));
  at("top-rate").textContent = "top " + whole(Math.round(top)) + "/s";
}

function showLatency(points, minute) {
  const top = topOf(points, (p) => p.p50, (p) => p.p99);
  at("chart-latency").replaceChildren(grid(), line(points, (p) => p.p99, top, "p99"), line(points, (p) => p.p50, top, "p50"));
  at("top-latency").textContent = "top " + milliseconds(top);
  for (const name of ["p50", "p90", "p99", "max"]) at(name).textContent = minute.max ? milliseconds(minute[name]) : "–";
}

function show(board) {
  const rate = board.points.at(-1)?.accepted ?? 0;
  const { rejected, conflict, failed } = board.totals;
  document.title = board.title + " live";
  at("title").textContent = board.title;
  at("rate").textContent = whole(rate);
  at("events").textContent = whole(board.events);
  showRate(board.points);
  showLatency(board.points, board.latency);
  const early = board.commands.reduce((sum, c) => sum + c.rejected, 0);
  at("rejected-total").textContent = `${whole(rejected)} rejected, ${whole(early)} of them as commands; ${whole(conflict)} ${conflict === 1 ? "conflict" : "conflicts"}, ${whole(failed)} failed`;
  rows("rejected-rows", board.rejected.map((r) => [{ word: clock(r.at) }, { alarm: r.outcome }, { stream: r.stream }, r.command ?? r.types.join(", "), { list: r.reasons }]), "all was stored");
  rows("types-rows", board.types.map((t) => [t.name, { n: t.accepted }, { n: t.rejected }]), "no event yet");
  rows("commands-rows", board.commands.map((c) => [c.name, { n: c.rejected }]), "none was rejected");
  const routed = board.paths.reduce((sum, p) => sum + p.events, 0);
  rows("paths-rows", board.paths.map((p) => [p.name, { n: p.events }, { figure: ((p.events / routed) * 100).toFixed(1) + " %" }]), "no event yet");
  rows("channels-rows", board.channels.map((c) => [c.name, { n: c.owed }, { n: c.dead }, c.down ? { alarm: "down" } : { word: "up" }]), "no channel");
  rows("projections-rows", board.projections.map((p) => [p.title ?? p.name, { n: p.position }, { n: p.lag }, stateOf(p)]), "no projection");
  draw(board, rate);
}

function stateOf(projection) {
  if (projection.state === "stopped") return { alarm: "stopped" };
  return { word: projection.rebuilding ? "rebuilding" : projection.state };
}

// state says whether the page is live; only a change is read aloud.
function state(name, text) {
  if (at("state").dataset.state === name) return;
  at("state").dataset.state = name;
  at("state").textContent = text;
}

let paused = false;
let last;

function tell() {
  if (!last) return;
  if (paused) {
    state("paused", "paused");
    return;
  }
  show(last);
  at("time").textContent = clock(last.time) + " UTC";
  state("live", "live");
}

const source = new EventSource("/ui/events");
source.addEventListener("board", (message) => {
  last = JSON.parse(message.data);
  tell();
});
source.addEventListener("error", () => state("lost", source.readyState === EventSource.CLOSED ? "ended: reload the page" : "connection lost, trying again"));

at("pause").addEventListener("click", () => {
  paused = !paused;
  at("pause").setAttribute("aria-pressed", String(paused));
  tell();
});
matchMedia("(max-width: 40rem)").addEventListener("change", tell);
