// The side panel: an operation, the programs, what costs most, the JAX source.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const key in attributes) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), attributes[key]);
    else made.setAttribute(key, attributes[key]);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function number(value) {
  const steps = ["", " K", " M", " G", " T", " P"];
  let step = 0;
  while (value >= 1000 && step < steps.length - 1) { value /= 1000; step++; }
  return (step && value < 100 ? value.toFixed(value < 10 ? 2 : 1) : Math.round(value).toString()) + steps[step];
}

function seconds(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 1) return `${value.toFixed(2)} s`;
  return value >= 1e-3 ? `${(value * 1e3).toFixed(1)} ms` : `${(value * 1e6).toFixed(0)} µs`;
}

function percent(share) { return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`; }

function link(at, text) {
  const op = OPERATIONS[at];
  return element("a", { href: `#op=${encodeURIComponent(op.name)}`, class: `link ${familyOf(op.type)}`,
    onclick: (event) => { event.preventDefault(); select(at); } }, text || op.name);
}

function programTitle(program) {
  const others = DATA.programs.filter((other) => other !== program && other.run === program.run);
  const stages = others.some((other) => other.stage !== program.stage) ? `, program ${program.stage}` : "";
  const again = others.some((other) => other.stage === program.stage) ? `, compilation ${program.compilation}` : "";
  return `run ${program.run}${stages}${again}`;
}

function section(title, ...children) {
  const filled = children.filter(Boolean);
  return filled.length ? element("section", {}, element("h3", {}, title), ...filled) : null;
}

function table(head, rows, className = "") {
  return element("table", { class: className },
    element("thead", {}, element("tr", {}, ...head.map((word) => element("th", {}, word)))),
    element("tbody", {}, ...rows.map((row) => (row instanceof Node ? row
      : element("tr", {}, ...row.map((cell) => element("td", {}, cell)))))));
}

function bar(share) {
  return element("span", { class: "bar", title: percent(share) }, element("i", { style: `width:${Math.min(100, share * 100)}%` }));
}

function sourceLine(op) {
  const lines = DATA.lines[op.file];
  const place = element("p", { class: "place" }, `${op.file}:${op.line}`);
  if (!lines) return section("Script", place);
  const numbers = Object.keys(lines).map(Number).filter((line) => Math.abs(line - op.line) <= 2);
  const code = element("pre", { class: "code" }, ...numbers.map((line) => element("span",
    { class: line === op.line ? "here" : "" }, element("b", {}, String(line)), lines[line] || " ")));
  return section("Script", place, code);
}

function operationPanel(at) {
  const op = OPERATIONS[at];
  const inputs = op.inputs.map(([from, index, name]) => [from >= 0 ? link(from, name) : name,
    from >= 0 ? OPERATIONS[from].outputs[index] || "" : ""]);
  const readers = [...new Set(op.readers)].slice(0, 40);
  const texts = (key, title) => section(title, ...DATA.programs.filter((program) => program[key][at]).map((program) => {
    const [count, text] = program[key][at];
    const shown = text.split("\n").length;
    return element("details", { open: "" }, element("summary", {}, programTitle(program), element("em", {}, ` ${count} lines`)),
      element("pre", { class: "code", "data-program": programTitle(program) }, text),
      count > shown ? element("p", { class: "more" }, `… and ${count - shown} more lines`) : null);
  }));
  return [
    element("h2", {}, element("span", { class: `dot ${familyOf(op.type)}` }), op.name),
    element("p", { class: "kind" }, op.type, ...op.outputs.map((type) => element("code", {}, type))),
    sourceLine(op),
    section("Attributes", Object.keys(op.attributes).length
      ? table(["name", "value"], Object.entries(op.attributes).map(([name, value]) => [name, element("code", {}, value)])) : null),
    section("Inputs", inputs.length ? table(["tensor", "type"], inputs) : null,
      op.controls.length ? element("p", { class: "after" }, "after ", ...op.controls.slice(0, 40).flatMap((from) => [link(from), " "])) : null),
    section("Read by", readers.length ? element("p", { class: "after" }, ...readers.flatMap((to) => [link(to), " "])) : null),
    section("Share of the cost", costOf([at])),
    section("In the JAX source", ...DATA.runs.map((run) => emitted(run, op)).filter(Boolean)),
    texts("jaxpr", "Jaxpr equations"),
    texts("hlo", "HLO instructions"),
  ];
}

// The statements of an emitted module that a comment says come from the operation's line.
function emitted(run, op) {
  const lines = run.source && run.source.text ? run.source.text.split("\n") : [];
  const place = new RegExp(`#.*\\b${op.file.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}:${op.line}\\b`);
  const blocks = [];
  for (let at = 0; at < lines.length; at++) {
    if (!place.test(lines[at])) continue;
    let end = at + 1;
    while (end < lines.length && lines[end].trim() && !/^\s*(#|return\b)/.test(lines[end])) end++;
    const margin = lines[at].search(/\S/);
    blocks.push(lines.slice(at, end).map((line) => line.slice(margin)).join("\n"));
    at = end - 1;
  }
  if (!blocks.length) return null;
  return element("details", { open: "" }, element("summary", {}, `run ${run.number}`), element("pre", { class: "code emitted" }, blocks.join("\n")));
}

// What these operations cost in each program, and for its gradient.
function costOf(numbers) {
  const wanted = new Set(numbers);
  const rows = [];
  for (const program of DATA.programs) {
    for (const backward of [0, 1]) {
      const found = program.costs.filter((row) => wanted.has(row[0]) && row[1] === backward);
      if (!found.length) continue;
      const sum = (at) => found.reduce((total, row) => total + row[at], 0);
      rows.push([programTitle(program) + (backward ? " (backward)" : ""), element("span", {}, bar(sum(6)), percent(sum(6))),
        number(sum(2) + sum(3)), number(sum(4)), number(Math.max(...found.map((row) => row[5])))]);
    }
  }
  return rows.length ? table(["in", "share", "flops", "bytes", "holds"], rows, "numbers") : null;
}

function scopePanel(box) {
  const numbers = [];
  (function walk(inner) { if (inner.children) inner.children.forEach(walk); else numbers.push(inner.op); })(box);
  const types = new Map();
  numbers.forEach((at) => types.set(OPERATIONS[at].type, (types.get(OPERATIONS[at].type) || 0) + 1));
  const sorted = [...types].sort((a, b) => b[1] - a[1]).slice(0, 12);
  return [element("h2", {}, element("span", { class: "dot scope" }), box.group ? box.label : box.path),
    element("p", { class: "kind" }, sizeText(box)),
    section("Types", table(["type", "count"], sorted.map(([type, count]) => [type, String(count)]))),
    section("Share of the cost", costOf(numbers))];
}

function programsPanel() {
  if (!DATA.programs.length) return [element("p", { class: "hint" }, "No program was made.")];
  const times = DATA.programs.map((program) => {
    const spent = program.seconds || {}, calls = program.calls;
    const whole = ["trace", "lower", "compile"].reduce((sum, step) => sum + (spent[step] || 0), 0);
    return [programTitle(program), whole ? seconds(whole) : "–", calls ? seconds(calls.first) : "–",
      calls ? String(calls.count) : "–", calls ? seconds(calls.median) : "–"];
  });
  const sizes = DATA.programs.map((program) => [programTitle(program), ...["flops", "bytes", "peak bytes"].map((name) =>
    (program.cost && name in program.cost ? number(program.cost[name]) : "–"))]);
  const details = DATA.programs.map((program) => element("details", {}, element("summary", {}, programTitle(program)),
    program.failed ? element("p", { class: "failed" }, program.failed) : null,
    program.takes ? table(["takes", ""], program.takes.map((t) => [t.name, element("code", {}, t.type)])) : null,
    program.gives ? element("p", { class: "after" }, `gives ${program.gives.join(", ") || "nothing"}`) : null,
    program.cost ? table(["compiler's analysis", ""], Object.entries(program.cost).map(([name, value]) => [name, value.toLocaleString("en")]), "numbers") : null));
  const runs = DATA.runs.map((run) => element("li", {}, `run ${run.number}${run.session ? "" : " (not run)"}: `,
    [...run.fetches, ...run.targets].join(", ") || "nothing", run.failed ? element("p", { class: "failed" }, run.failed) : null));
  return [element("h2", {}, "Programs"),
    section("Times", table(["program", "compile", "first call", "calls", "median call"], times, "numbers"),
      element("p", { class: "hint" }, "compile: to trace, lower and compile it once more, for this page. median: of the calls after the first.")),
    section("By the compiler's analysis", table(["program", "flops", "bytes", "peak memory"], sizes, "numbers")),
    section("Runs", element("ul", {}, ...runs)), section("Details", ...details)];
}

function costsPanel() {
  const panels = [element("h2", {}, "Costs")];
  for (const program of DATA.programs) {
    if (!program.costs.length) continue;
    const rows = program.costs.slice(0, 40).map(([at, backward, flops, functions, bytes, , share]) => [
      element("span", {}, link(at), backward ? element("em", {}, " backward") : ""), element("span", {}, bar(share), percent(share)),
      number(flops + functions), number(bytes)]);
    panels.push(element("details", { open: "" }, element("summary", {}, programTitle(program)),
      table(["operation", "share", "flops", "bytes"], rows, "numbers")));
  }
  if (panels.length === 1) panels.push(element("p", { class: "hint" }, "No program was compiled."));
  else panels.splice(1, 0, element("p", { class: "hint" }, "Each equation by itself, before XLA fuses it with others."));
  return panels;
}

function sourcePanel() {
  const panels = [element("h2", {}, "JAX source")];
  for (const run of DATA.runs) {
    if (!run.source) continue;
    const title = `run ${run.number}: ${[...run.fetches, ...run.targets].join(", ")}`;
    panels.push(element("details", run.source.text ? { open: "" } : {}, element("summary", {}, title),
      run.source.text ? element("pre", { class: "code" }, run.source.text) : element("p", { class: "failed" }, run.source.failed)));
  }
  if (panels.length === 1) panels.push(element("p", { class: "hint" }, "Nothing was run."));
  return panels;
}
