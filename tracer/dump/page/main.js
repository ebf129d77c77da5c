// What the user does: choose, search, fold, select, move.

const byId = (name) => document.getElementById(name);
let layout, picture, boxes, scopes, shown;

function views() {
  const found = DATA.runs.map((run) => ({
    label: `run ${run.number}: ${[...run.fetches, ...run.targets].join(", ")}`.slice(0, 70), numbers: run.operations, run: run.number }));
  for (let graph = 0; graph < DATA.graphs; graph++) {
    const numbers = OPERATIONS.filter((op) => op.graph === graph).map((op) => op.at);
    if (numbers.length) found.push({ label: DATA.graphs > 1 ? `graph ${graph + 1}` : "the whole graph", numbers, run: null });
  }
  return found;
}

const VIEWS = views();

// A run that trains, or else one that costs much, or is large.
function firstView() {
  const weight = (view) => {
    if (view.run === null) return [-1, 0, 0];
    const trains = view.numbers.some((at) => familyOf(OPERATIONS[at].type) === "gradient");
    const flops = DATA.programs.filter((program) => program.run === view.run).map((program) => (program.cost || {}).flops || 0);
    return [Number(trains), Math.max(0, ...flops), view.numbers.length];
  };
  const weights = VIEWS.map(weight);
  const above = (a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
  return weights.reduce((best, one, at) => (best < 0 || above(one, weights[best]) > 0 ? at : best), -1);
}

function sharesOf(view) {
  const shares = new Map();
  const programs = DATA.programs.filter((program) => view.run === null || program.run === view.run);
  const last = new Map(programs.map((program) => [`${program.run} ${program.stage}`, program]));
  for (const program of last.values()) {
    if (view.run === null) continue;
    for (const [at, , , , , , share] of program.costs) shares.set(at, (shares.get(at) || 0) + share / last.size);
  }
  return shares;
}

function show(at) {
  const view = VIEWS[at];
  byId("view").value = at;
  byId("empty").hidden = Boolean(view);
  if (!view) return;
  shown = at;
  const constants = byId("constants").checked;
  const numbers = view.numbers.filter((op) => constants || OPERATIONS[op].type !== "Const");
  const root = tree(numbers);
  ({ boxes, scopes } = connect(root, numbers));
  layout = new Layout(root);
  const largest = root.children.filter((box) => box.children).sort((a, b) => b.size - a.size)[0];
  if (root.children.length < 6 && largest && largest.children.length <= 40) layout.toggle(largest);
  picture = new Picture(layout, sharesOf(view));
  picture.draw();
  picture.fit(0.4);
}

// Folds or unfolds a scope, which stays where it is on the screen.
function toggle(path) {
  const box = scopes.get(path), before = picture.places.get(box), { x, y, scale } = picture.moved;
  layout.toggle(box);
  picture.draw();
  const after = picture.places.get(box);
  picture.moved = { x: x + (before.x - after.x) * scale, y: y + (before.top - after.top) * scale, scale };
  picture.move();
  panel("operation", scopePanel(box));
}

function select(at) {
  if (!boxes.has(at)) {
    if (OPERATIONS[at].type === "Const") byId("constants").checked = true;
    show(VIEWS[shown].numbers.includes(at) ? shown : VIEWS.findIndex((view) => view.numbers.includes(at)));
  }
  const box = boxes.get(at);
  layout.reveal(box);
  picture.selected = at;
  picture.draw();
  picture.center(box);
  panel("operation", operationPanel(at));
  history.replaceState(null, "", `#op=${encodeURIComponent(OPERATIONS[at].name)}`);
}

function panel(name, content) {
  for (const tab of document.querySelectorAll("nav [data-tab]")) tab.setAttribute("aria-selected", tab.dataset.tab === name);
  for (const part of document.querySelectorAll("aside [role=tabpanel]")) part.hidden = part.id !== name;
  if (content) { byId(name).replaceChildren(...content.filter(Boolean)); byId(name).scrollTop = 0; }
}

function search(text) {
  const found = byId("found"), words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = words.length ? OPERATIONS.filter((op) => words.every((word) =>
    op.name.toLowerCase().includes(word) || op.type.toLowerCase().includes(word) || `${op.file}:${op.line}`.includes(word))) : [];
  const rank = (op) => (op.name.toLowerCase() === text.toLowerCase() ? 0 : op.name.length);
  matches.sort((a, b) => rank(a) - rank(b));
  const rows = matches.slice(0, 50).map((op, at) => element("div", { role: "option", class: at ? "" : "first", "data-name": op.name,
    onmousedown: (event) => { event.preventDefault(); choose(op.at); } },
  element("span", { class: `dot ${familyOf(op.type)}` }), element("b", {}, op.name), element("span", {}, ` ${op.type}`),
  element("em", {}, `${op.file}:${op.line}`)));
  if (words.length && !matches.length) rows.push(element("p", { class: "hint" }, "Nothing of that name."));
  if (matches.length > 50) rows.push(element("p", { class: "hint" }, `… and ${matches.length - 50} more`));
  found.replaceChildren(...rows);
  found.hidden = !words.length;
}

function choose(at) {
  byId("found").hidden = true;
  byId("search").blur();
  select(at);
}

function pressed(group) {
  if (group.dataset.op !== undefined) {
    select([...boxes.keys()].find((at) => OPERATIONS[at].name === group.dataset.op));
  } else toggle(group.dataset.scope);
}

function listen() {
  let drag = null;
  svg.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, y: event.clientY, moved: false, from: { ...picture.moved }, group: event.target.closest(".box") };
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    drag.moved = true;
    picture.moved = { ...drag.from, x: drag.from.x + dx, y: drag.from.y + dy };
    picture.move();
  });
  svg.addEventListener("pointerup", () => {
    if (drag && !drag.moved && drag.group) pressed(drag.group);
    drag = null;
  });
  svg.addEventListener("pointercancel", () => { drag = null; });
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const corner = svg.getBoundingClientRect();
    picture.zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - corner.left, event.clientY - corner.top);
  }, { passive: false });
  svg.addEventListener("keydown", (event) => {
    const group = event.target.closest(".box");
    if (group && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); pressed(group); }
  });
  const middle = (factor) => { const { width, height } = svg.getBoundingClientRect(); picture.zoom(factor, width / 2, height / 2); };
  byId("closer").onclick = () => middle(1.35);
  byId("farther").onclick = () => middle(1 / 1.35);
  byId("fit").onclick = () => picture.fit();
  byId("fold").onclick = () => { layout.open = new Set([""]); layout.known.clear(); picture.draw(); picture.fit(); };
  byId("unfold").onclick = unfold;
  byId("view").onchange = (event) => show(Number(event.target.value));
  byId("constants").onchange = () => show(shown);
  byId("search").oninput = (event) => search(event.target.value);
  byId("search").onblur = () => { byId("found").hidden = true; };
  byId("search").onkeydown = (event) => {
    const first = byId("found").querySelector("[data-name]");
    if (event.key === "Enter" && first) first.dispatchEvent(new MouseEvent("mousedown"));
    if (event.key === "Escape") event.target.blur();
  };
  byId("theme").onclick = () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  };
  for (const tab of document.querySelectorAll("nav [data-tab]")) tab.onclick = () => panel(tab.dataset.tab);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target.tagName !== "INPUT") { event.preventDefault(); byId("search").focus(); }
  });
  addEventListener("hashchange", () => fromAddress());
}

// Unfolds the outermost folded scopes, as long as the picture stays small enough to be read.
function unfold() {
  const folded = picture.visible.filter((box) => box.children);
  const least = Math.min(...folded.map((box) => box.depth));
  let room = 400 - picture.visible.length;
  for (const box of folded.filter((one) => one.depth === least)) {
    if (box.children.length > room) continue;
    room -= box.children.length;
    layout.toggle(box);
  }
  picture.draw();
  picture.fit();
}

function fromAddress() {
  const name = new URLSearchParams(location.hash.slice(1)).get("op");
  const op = name === null ? undefined : OPERATIONS.find((one) => one.name === name);
  if (op) select(op.at);
}

function start() {
  byId("view").append(...VIEWS.map((view, at) => element("option", { value: at }, view.label)));
  const { stopped } = DATA;
  if (stopped) {
    byId("stopped").hidden = false;
    byId("stopped").classList.toggle("failed", stopped.failed);
    byId("stopped").textContent = `Stopped${stopped.file ? ` at ${stopped.file}:${stopped.line}` : ""}: ${stopped.problem}`;
  }
  const families = { compute: "computes", variable: "variable", input: "fed", update: "updates", gradient: "gradient",
    control: "control flow", host: "host", plain: "moves or names" };
  byId("legend").append(...Object.entries(families).map(([name, word]) => element("span", {}, element("i", { class: `dot ${name}` }), word)));
  byId("programs").replaceChildren(...programsPanel().filter(Boolean));
  byId("costs").replaceChildren(...costsPanel());
  byId("source").replaceChildren(...sourcePanel());
  panel("operation", [element("p", { class: "hint" }, "Click a scope to unfold it, an operation to see what became of it. "
    + "Drag to move, turn the wheel to zoom.")]);
  show(firstView());
  listen();
  fromAddress();
}

start();
