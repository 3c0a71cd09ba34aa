// The audit trail of a stream: its events, and why one of them happened.

import { at, element, rows, streamButton, whole } from "./dom.js";

let trail = { stream: "", events: [], next: 0 };

async function ask(path) {
  const answer = await fetch(new URL(path, location.origin), { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status === 404 ? "there is no such stream" : "answered with " + answer.status);
  return answer.json();
}

async function showTrail(stream) {
  at("trail-stream").value = stream;
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
    at("trail-state").textContent = said(trail);
  } catch (fault) {
    if (wanted !== trail) return;
    trail.next = 0;
    at("trail-state").textContent = fault.message;
  }
  at("trail-more").hidden = !trail.next;
  rows("trail-rows", trail.events.map(cells), "no event to show");
}

// said is how many events there are, and whether each names the hash of the one
// before. Whether the hashes are those of the events is for the audit to verify.
function said({ events, next }) {
  const broken = events.find((event, i) => i > 0 && event.prevHash !== events[i - 1].hash);
  const chain = broken ? `; version ${broken.version} does not follow the one before` : events.length > 1 ? ", each naming the hash of the one before" : "";
  return whole(events.length) + (events.length === 1 ? " event" : " events") + (next ? " and more" : "") + chain;
}

const moment = (time) => time.slice(0, 23).replace("T", " ").replace("Z", "");

const cells = (event) => [
  { n: event.version }, { word: moment(event.recorded) }, event.type, event.actor ?? "", event.correlationId ?? "",
  { word: event.hash.slice(0, 12) }, { event: event.id, version: event.version },
];

let chosen = "";

async function details(id) {
  const event = trail.events.find((candidate) => candidate.id === id);
  chosen = id;
  const pane = at("trail-event");
  pane.textContent = JSON.stringify(event, null, 2);
  pane.hidden = false;
  pane.focus();
  for (const part of ["trail-why", "trail-why-head"]) at(part).hidden = true;
  let why;
  try {
    why = await ask(`/events/${encodeURIComponent(id)}/why`);
  } catch {
    return; // not every app says why
  }
  if (chosen === id) showWhy(why);
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
  item.append(streamButton(link.stream), ` version ${link.version}, ${moment(link.recorded)}` + (link.actor ? " by " + link.actor : ""));
  return item;
}

document.addEventListener("click", (click) => {
  const stream = click.target.closest("button[data-stream]");
  const event = click.target.closest("button[data-event]");
  if (stream) {
    at("trail").focus();
    showTrail(stream.dataset.stream);
  }
  if (event) details(event.dataset.event);
});
at("trail-form").addEventListener("submit", (submit) => {
  submit.preventDefault();
  showTrail(at("trail-stream").value);
});
at("trail-more").addEventListener("click", more);
rows("trail-rows", [], "name a stream, or choose one that is shown above");
