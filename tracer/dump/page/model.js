// The operations as a tree of name scopes, and the edges between the boxes of each scope.

const DATA = JSON.parse(document.getElementById("data").textContent);
const OPERATIONS = DATA.operations;
const MANY = 60; // boxes in one scope: more are put into groups of neighbours

OPERATIONS.forEach((op, at) => { op.at = at; op.readers = []; });
OPERATIONS.forEach((op) => op.inputs.forEach(([from]) => { if (from >= 0) OPERATIONS[from].readers.push(op.at); }));

function idOf(box) { return box.children ? "s" + box.path : "o" + box.op; }

function sizeText(box) { return box.size === 1 ? "1 operation" : `${box.size} operations`; }

function lastWord(name) { return name.slice(name.lastIndexOf("/") + 1); }

// A box is a scope ({path, label, children, parent}) or an operation ({op, label, parent}).
function tree(numbers) {
  const root = { path: "", label: "", children: [], parent: null, root: true };
  const scopes = new Map([["", root]]);
  const scopeOf = (path) => {
    if (scopes.has(path)) return scopes.get(path);
    const parent = scopeOf(path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "");
    const scope = { path, label: lastWord(path), children: [], parent };
    scopes.set(path, scope);
    parent.children.push(scope);
    return scope;
  };
  const holding = new Set();
  for (const at of numbers) {
    const parts = OPERATIONS[at].name.split("/");
    for (let i = 1; i < parts.length; i++) holding.add(parts.slice(0, i).join("/"));
  }
  for (const at of numbers) {
    const name = OPERATIONS[at].name;
    const own = holding.has(name); // an operation that is called as a scope is stands in that scope
    const parent = scopeOf(own ? name : name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "");
    parent.children.push({ op: at, label: own ? `(${lastWord(name)})` : lastWord(name), parent });
  }
  grouped(root);
  count(root);
  return root;
}

function grouped(scope) {
  scope.children.filter((box) => box.children).forEach(grouped);
  while (scope.children.length > MANY) {
    const size = Math.max(2, Math.ceil(scope.children.length / MANY), Math.min(MANY / 2, Math.ceil(Math.sqrt(scope.children.length))));
    const groups = [];
    for (let i = 0; i < scope.children.length; i += size) {
      const children = scope.children.slice(i, i + size);
      const label = `${children[0].label} … ${children[children.length - 1].label}`;
      const group = { path: `${scope.path}#${groups.length}.${size}`, label, children, parent: scope, group: true };
      children.forEach((box) => { box.parent = group; });
      groups.push(group);
    }
    scope.children = groups;
  }
}

function count(box) {
  box.size = box.children ? box.children.reduce((sum, inner) => sum + count(inner), 0) : 1;
  return box.size;
}

// The edges of each scope between its own boxes: what is in one of them is read in another.
function connect(root, numbers) {
  const boxes = new Map();
  const scopes = new Map();
  (function walk(box, depth) {
    box.depth = depth;
    if (!box.children) { boxes.set(box.op, box); return; }
    box.edges = new Map();
    scopes.set(box.path, box);
    box.children.forEach((inner) => walk(inner, depth + 1));
  })(root, 0);
  const add = (from, to, label, control) => {
    const [start, end] = [boxes.get(from), boxes.get(to)];
    if (!start || !end || start === end) return;
    let [a, b] = [start, end];
    while (a.depth > b.depth) a = a.parent;
    while (b.depth > a.depth) b = b.parent;
    while (a.parent !== b.parent) { a = a.parent; b = b.parent; }
    const key = `${idOf(a)}|${idOf(b)}`;
    if (!a.parent.edges.has(key)) a.parent.edges.set(key, { a, b, parts: [] });
    a.parent.edges.get(key).parts.push({ start, end, label, control });
  };
  for (const at of numbers) {
    const op = OPERATIONS[at];
    for (const [from, index] of op.inputs) if (from >= 0) add(from, at, OPERATIONS[from].outputs[index] || "", false);
    for (const from of op.gives) add(from, at, OPERATIONS[from].outputs[0] || "", false);
    for (const from of op.controls) add(from, at, "", true);
  }
  return { boxes, scopes };
}

const VARIABLE = new Set(["Variable", "TemporaryVariable"]);
const INPUT = new Set(["Placeholder", "PlaceholderWithDefault"]);
const PLAIN = new Set(["Const", "Identity", "NoOp", "Shape", "Rank", "Size", "Range", "Reshape", "ExpandDims", "Squeeze"]);

// What an operation is drawn as.
function familyOf(type) {
  if (VARIABLE.has(type)) return "variable";
  if (INPUT.has(type)) return "input";
  if (/^(Sparse)?Apply|^Assign|^Scatter(Add|Sub|Update)|^CountUpTo/.test(type)) return "update";
  if (type === "Gradients" || /Grad(V2)?$/.test(type)) return "gradient";
  if (/^(Cond|While|Switch|Merge|Enter|Exit|NextIteration|LoopCond|LoopVariable|Call)$/.test(type)) return "control";
  if (PLAIN.has(type)) return "plain";
  if (/Summary|Queue|Reader|Save|Restore|Print|Assert|PyFunc|File|Decode|String|Lookup/.test(type)) return "host";
  return "compute";
}
