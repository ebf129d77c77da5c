// The picture: boxes, edges, and moving around in it.

const SVG = "http://www.w3.org/2000/svg";
const svg = document.getElementById("svg"), world = document.getElementById("world");

function make(name, attributes, parent, text) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
}

function cut(text, width, font) {
  if (textWidth(text, font) <= width) return text;
  let end = text.length - 1;
  while (end > 1 && textWidth(text.slice(0, end) + "…", font) > width) end--;
  return text.slice(0, end) + "…";
}

class Picture {
  constructor(layout, shares) {
    this.layout = layout;
    this.shares = shares; // of the cost, by operation
    this.moved = { x: 0, y: 0, scale: 1 };
    this.selected = null;
  }

  draw() {
    this.places = new Map(); // box -> where it is in the world
    this.visible = [];
    world.replaceChildren();
    this.behind = make("g", {}, world);
    this.lines = make("g", {}, world);
    this.labels = make("g", {}, world);
    this.front = make("g", {}, world);
    const whole = this.layout.of(this.layout.root);
    this.whole = whole;
    this.place(this.layout.root, whole, 0, 0);
    this.connect(this.layout.root, 0, 0);
    this.mark();
  }

  // Draws the boxes of an unfolded scope whose corner is at (x, y).
  place(scope, inside, x, y) {
    for (const { box, x: middle, y: center, width, height } of inside.boxes) {
      const at = { x: x + middle, y: y + center, width, height, left: x + middle - width / 2, top: y + center - height / 2 };
      this.places.set(box, at);
      if (box.children) this.scope(box, at); else this.operation(box, at);
      if (this.layout.isOpen(box)) this.place(box, this.layout.of(box), at.left, at.top);
      else this.visible.push(box);
    }
  }

  scope(box, at) {
    const open = this.layout.isOpen(box);
    const group = make("g", {
      class: `box scope${open ? " open" : ""}${box.group ? " group" : ""}`, transform: `translate(${at.left},${at.top})`,
      "data-scope": box.path, tabindex: 0, role: "button", "aria-expanded": open,
    }, open ? this.behind : this.front);
    make("title", {}, group, `${box.group ? box.label : box.path}: ${sizeText(box)}`);
    make("rect", { width: at.width, height: at.height, rx: 9, class: `shape depth${box.depth % 2}` }, group);
    if (open) make("rect", { width: at.width, height: HEADER, rx: 9, class: "handle" }, group);
    make("text", { x: 13, y: open ? 20 : 19, class: "sign" }, group, open ? "▾" : "▸");
    make("text", { x: 28, y: open ? 20 : 19, class: "label" }, group, cut(box.label, at.width - 38, FONT));
    if (!open) make("text", { x: 28, y: 35, class: "small" }, group, sizeText(box));
    this.heat(group, box, at, open ? 0 : this.shareOf(box));
  }

  operation(box, at) {
    const op = OPERATIONS[box.op];
    const group = make("g", {
      class: `box op ${familyOf(op.type)}`, transform: `translate(${at.left},${at.top})`, "data-op": op.name, tabindex: 0,
      role: "button",
    }, this.front);
    make("title", {}, group, `${op.name} = ${op.type}\n${op.outputs.join(", ")}\n${op.file}:${op.line}`);
    make("rect", { width: at.width, height: at.height, rx: 6, class: "shape" }, group);
    make("text", { x: at.width / 2, y: 18, class: "label middle" }, group, cut(box.label, at.width - 14, FONT));
    make("text", { x: at.width / 2, y: 33, class: "small middle" }, group, cut(op.type, at.width - 14, SMALL));
    this.heat(group, box, at, this.shares.get(box.op) || 0);
  }

  shareOf(box) {
    return box.children ? box.children.reduce((sum, inner) => sum + this.shareOf(inner), 0) : this.shares.get(box.op) || 0;
  }

  // A bar along the lower edge: the box's share of the cost.
  heat(group, box, at, share) {
    if (share < 0.002) return;
    make("rect", { x: 4, y: at.height - 5, width: at.width - 8, height: 3, rx: 1.5, class: "track" }, group);
    make("rect", { x: 4, y: at.height - 5, width: Math.max(2, (at.width - 8) * share), height: 3, rx: 1.5, class: "heat" }, group);
  }

  // The box that stands for another in the picture: itself, or the folded scope that it is in.
  shown(box) {
    let found = box;
    while (!this.places.has(found)) found = found.parent;
    return found;
  }

  connect(scope, x, y) {
    const inside = this.layout.of(scope);
    const ground = scope.root ? "ground" : `depth${scope.depth % 2}`;
    for (const way of inside.ways) this.edge(way, x, y, ground);
    for (const edge of inside.hubs) this.hidden(edge);
    for (const { box } of inside.boxes) {
      if (this.layout.isOpen(box)) this.connect(box, this.places.get(box).left, this.places.get(box).top);
    }
  }

  // An edge that is seen when one of its ends is selected.
  hidden(edge) {
    for (const { start, end, parts } of this.between(edge).values()) {
      const [from, to] = [this.places.get(start), this.places.get(end)];
      const points = [{ x: from.x, y: from.top + from.height }, { x: to.x, y: to.top }];
      make("path", { d: curve(points), class: "edge hub", "marker-end": "url(#arrow)" }, this.lines).parts = parts;
    }
  }

  // The parts of an edge by the boxes that are seen at their ends.
  between(edge) {
    const found = new Map();
    for (const part of edge.parts) {
      const [start, end] = [this.shown(part.start), this.shown(part.end)];
      const key = `${idOf(start)}|${idOf(end)}`;
      if (!found.has(key)) found.set(key, { start, end, parts: [] });
      found.get(key).parts.push(part);
    }
    return found;
  }

  edge(way, x, y, ground) {
    const between = this.between(way.edge);
    const direct = between.size === 1 && !this.layout.isOpen(way.edge.a) && !this.layout.isOpen(way.edge.b);
    for (const { start, end, parts } of between.values()) {
      const points = way.points.map((point) => ({ x: point.x + x, y: point.y + y }));
      if (!direct) {
        const [from, to] = [this.places.get(start), this.places.get(end)];
        points[0] = { x: from.x, y: from.top + from.height };
        points[points.length - 1] = { x: to.x, y: to.top };
      }
      const control = parts.every((part) => part.control);
      const path = make("path", { d: curve(points), class: `edge${control ? " control" : ""}`, "marker-end": "url(#arrow)" }, this.lines);
      path.parts = parts;
    }
    if (!way.label || !way.at) return;
    const width = textWidth(way.label, TINY) + 4;
    make("rect", { x: way.at.x + x - width / 2, y: way.at.y + y - 6, width, height: 12, class: `under ${ground}` }, this.labels);
    make("text", { x: way.at.x + x, y: way.at.y + y + 3.5, class: "type" }, this.labels, way.label);
  }

  // Marks what is selected, and the edges to and from it.
  mark() {
    const name = this.selected === null ? null : OPERATIONS[this.selected].name;
    for (const group of this.front.children) group.classList.toggle("selected", name !== null && group.dataset.op === name);
    for (const path of this.lines.children) {
      const near = path.parts && this.selected !== null
        && path.parts.some((part) => part.start.op === this.selected || part.end.op === this.selected);
      path.classList.toggle("near", Boolean(near));
    }
  }

  move() {
    const { x, y, scale } = this.moved;
    world.setAttribute("transform", `translate(${x},${y}) scale(${scale})`);
    svg.classList.toggle("far", scale < 0.55);
  }

  zoom(factor, x, y) {
    const scale = Math.min(3, Math.max(0.03, this.moved.scale * factor));
    const change = scale / this.moved.scale;
    this.moved = { x: x - (x - this.moved.x) * change, y: y - (y - this.moved.y) * change, scale };
    this.move();
  }

  // Shows all of it; or, where that would be smaller than `least`, its beginning.
  fit(least = 0.03) {
    const { width, height } = svg.getBoundingClientRect();
    const [top, bottom] = [44, 48]; // what stands over the picture
    const scale = Math.min(1.25, Math.max(least, Math.min(width / this.whole.width, (height - top - bottom) / this.whole.height)));
    const y = top + Math.max(0, (height - top - bottom - this.whole.height * scale) / 2);
    this.moved = { x: (width - this.whole.width * scale) / 2, y, scale };
    this.move();
  }

  center(box) {
    const at = this.places.get(box), { width, height } = svg.getBoundingClientRect();
    const scale = Math.max(0.8, this.moved.scale);
    this.moved = { x: width / 2 - at.x * scale, y: height / 2 - at.y * scale, scale };
    this.move();
  }
}

// A smooth line through the points.
function curve(points) {
  if (points.length === 2) {
    const [a, b] = points, bend = Math.max(16, Math.abs(b.y - a.y) / 2);
    return `M${a.x},${a.y} C${a.x},${a.y + bend} ${b.x},${b.y - bend} ${b.x},${b.y}`;
  }
  let path = `M${points[0].x},${points[0].y}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [at, next] = [points[i], points[i + 1]];
    const end = i === points.length - 2 ? next : { x: (at.x + next.x) / 2, y: (at.y + next.y) / 2 };
    path += ` Q${at.x},${at.y} ${end.x},${end.y}`;
  }
  return path;
}
