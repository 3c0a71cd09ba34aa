"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const shown = [];
  data.steps.forEach((step, index) => { if (step.shown) shown.push(index); });
  const at = id => document.getElementById(id);
  let now = 0;
  let asked = null;

  // Everything that is shown goes through text nodes: nothing that was recorded
  // is ever read as HTML.
  const make = (name, className, ...content) => {
    const node = document.createElement(name);
    if (className) node.className = className;
    node.append(...content);
    return node;
  };

  // Strings follow a quote sign and numbers a hash, so that no number is rounded.
  const scalar = value => {
    if (typeof value !== "string") return String(value);
    return value[0] === "#" ? value.slice(1) : JSON.stringify(value.slice(1));
  };
  const compact = value => {
    if (Array.isArray(value)) return "[" + value.map(compact).join(",") + "]";
    if (value === null || typeof value !== "object") return scalar(value);
    return "{" + Object.keys(value).sort().map(key => JSON.stringify(key) + ":" + compact(value[key])).join(",") + "}";
  };
  const token = key => "/" + String(key).replaceAll("~", "~0").replaceAll("/", "~1");

  const button = (text, pointer, changed) => {
    const node = make("button", "value", text);
    node.type = "button";
    if (changed.some(place => pointer === place || pointer.startsWith(place + "/"))) node.classList.add("changed");
    if (pointer === asked) node.classList.add("asked");
    node.addEventListener("click", () => { asked = pointer; show(now); });
    return node;
  };

  const draw = (parent, value, pointer, indent, changed) => {
    if (value === null || typeof value !== "object" || Object.keys(value).length === 0) {
      const empty = Array.isArray(value) ? "[]" : "{}";
      parent.append(button(value !== null && typeof value === "object" ? empty : scalar(value), pointer, changed));
      return;
    }
    const list = Array.isArray(value);
    const keys = list ? Object.keys(value) : Object.keys(value).sort();
    parent.append(button(list ? "[" : "{", pointer, []), "\n");
    keys.forEach((key, index) => {
      parent.append(indent + "  " + (list ? "" : JSON.stringify(key) + ": "));
      draw(parent, value[key], pointer + token(key), indent + "  ", changed);
      parent.append(index + 1 < keys.length ? ",\n" : "\n");
    });
    parent.append(indent + (list ? "]" : "}"));
  };

  const row = (name, ...cells) => make("tr", "", ...cells.map(cell => make(name, "", cell)));
  const table = (head, rows) => make("table", "", make("thead", "", row("th", ...head)), make("tbody", "", ...rows));
  const side = (missing, value) => make("code", "", missing ? "-" : compact(value));
  const touches = (a, b) => a === b || a.startsWith(b + "/") || b.startsWith(a + "/");

  const blame = step => {
    if (asked === null) return;
    const stream = data.streams[step.stream];
    const known = new Map(Object.entries(stream.writers));
    const writers = (known.get(asked) || []).filter(index => index <= shown[now]).reverse();
    const rows = writers.map(index => {
      if (index < 0) return row("td", "init", "", stream.reducer, "");
      const writer = data.steps[index];
      const changes = writer.changes.filter(change => touches(change.pointer, asked));
      const list = make("ul", "", ...changes.map(change =>
        make("li", "", make("code", "", change.path), ": ", side(change.added, change.before), " → ", side(change.removed, change.after))));
      const rules = [...new Set(changes.map(change => change.rule))].join(", ");
      const event = make("span", "", writer.name + " " + writer.event.type);
      const detail = [writer.event.correlation_id && "correlation " + writer.event.correlation_id, writer.event.file + ":" + writer.event.line];
      event.append(make("br"), make("span", "soft", detail.filter(Boolean).join(", ")));
      return row("td", event, writer.event.time || "", rules, list);
    });
    const title = make("p", "", make("code", "", asked || "/"), " of " + stream.id);
    at("blame").replaceChildren(title, rows.length > 0 ? table(["event", "time", "rule", "wrote"], rows) : make("p", "soft", "Nothing wrote this by now."));
  };

  const show = index => {
    now = Math.max(0, Math.min(index, shown.length - 1));
    const step = data.steps[shown[now]];
    const changes = step.changes;
    at("slider").value = String(now);
    at("place").textContent = (now + 1) + " of " + shown.length;
    at("after").textContent = step.event.stream + " after " + step.name + " " + step.event.type + (step.event.time ? ", " + step.event.time : "");
    at("problems").textContent = step.problems.join("\n");
    const focused = document.activeElement && document.activeElement.className.startsWith("value");
    const state = document.createDocumentFragment();
    draw(state, step.state, "", "", changes.map(change => change.pointer));
    at("state").replaceChildren(state);
    if (focused && at("state").querySelector(".asked")) at("state").querySelector(".asked").focus();
    const rows = changes.map(change => row("td", make("code", "", change.path), side(change.added, change.before), side(change.removed, change.after), change.rule));
    at("changes").replaceChildren(rows.length > 0 ? table(["path", "before", "after", "rule"], rows) : make("p", "soft", "Nothing."));
    for (const line of document.querySelectorAll("#timeline tbody tr")) {
      line.classList.toggle("now", line.dataset.step === String(shown[now]));
    }
    blame(step);
  };

  at("slider").max = String(shown.length - 1);
  at("slider").addEventListener("input", event => show(Number(event.target.value)));
  at("back").addEventListener("click", () => show(now - 1));
  at("next").addEventListener("click", () => show(now + 1));
  for (const line of document.querySelectorAll("#timeline tbody tr")) {
    line.addEventListener("click", () => show(shown.indexOf(Number(line.dataset.step))));
  }
  document.addEventListener("keydown", event => {
    if (event.target === at("slider") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") show(now - 1);
    if (event.key === "ArrowRight") show(now + 1);
  });
  for (const part of document.querySelectorAll("main > [hidden]")) part.hidden = false;
  show(shown.length - 1);
})();
