// Where everything is. Only what is unfolded is laid out, each scope by itself, and only again when something in it changed.

const HEADER = 30, PAD = 16;
const CROWD = 10; // more edges than this at one box are hidden
const canvas = document.createElement("canvas").getContext("2d");

function textWidth(text, font) {
  canvas.font = font;
  return canvas.measureText(text).width;
}

const FONT = "600 12.5px system-ui, sans-serif", SMALL = "11px system-ui, sans-serif", TINY = "10px ui-monospace, monospace";

class Layout {
  constructor(root) { this.root = root; this.open = new Set([""]); this.known = new Map(); }

  isOpen(box) { return box.children !== undefined && this.open.has(box.path); }

  toggle(box) {
    if (this.open.has(box.path)) this.open.delete(box.path); else this.open.add(box.path);
    for (let scope = box; scope; scope = scope.parent) this.known.delete(scope.path);
  }

  // Unfolds everything around a box.
  reveal(box) {
    for (let scope = box.parent; scope; scope = scope.parent) if (!this.open.has(scope.path)) this.toggle(scope);
  }

  sizeOf(box) {
    if (this.isOpen(box)) { const inner = this.of(box); return { width: inner.width, height: inner.height }; }
    if (box.children) {
      const width = Math.max(textWidth(box.label, FONT) + 44, textWidth(sizeText(box), SMALL) + 34);
      return { width: Math.min(width, 340), height: 46 };
    }
    const width = Math.max(textWidth(box.label, FONT), textWidth(OPERATIONS[box.op].type, SMALL)) + 26;
    return { width: Math.min(Math.max(width, 64), 340), height: 42 };
  }

  // The inside of an unfolded scope: places of its boxes (their middles) and the ways of its edges.
  of(scope) {
    const known = this.known.get(scope.path);
    if (known) return known;
    const graph = new dagre.graphlib.Graph({ multigraph: true });
    const many = scope.children.length > 40;
    graph.setGraph({ rankdir: "TB", nodesep: 22, ranksep: 34, edgesep: 12, ranker: many ? "longest-path" : "network-simplex" });
    graph.setDefaultEdgeLabel(() => ({}));
    for (const box of scope.children) graph.setNode(idOf(box), { ...this.sizeOf(box), box });
    const hubs = hubsOf(scope);
    for (const [key, edge] of scope.edges) {
      if (hubs.has(edge)) continue;
      const label = labelOf(edge.parts);
      graph.setEdge(idOf(edge.a), idOf(edge.b), {
        edge, label, width: label ? textWidth(label, TINY) + 8 : 0, height: label ? 14 : 0, labelpos: "c",
        weight: edge.parts.every((part) => part.control) ? 0 : Math.min(edge.parts.length, 4),
      }, key);
    }
    dagre.layout(graph);
    const placed = graph.nodes().map((name) => graph.node(name));
    const ways = graph.edges().map((name) => graph.edge(name));
    const shifted = this.shifted(placed, ways, scope.root ? 0 : HEADER);
    shifted.hubs = hubs;
    this.known.set(scope.path, shifted);
    return shifted;
  }

  shifted(placed, ways, header) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    const see = (x, y, w, h) => {
      left = Math.min(left, x - w / 2); right = Math.max(right, x + w / 2);
      top = Math.min(top, y - h / 2); bottom = Math.max(bottom, y + h / 2);
    };
    placed.forEach((node) => see(node.x, node.y, node.width, node.height));
    ways.forEach((way) => way.points.forEach((point) => see(point.x, point.y, 0, 0)));
    if (!placed.length) [left, top, right, bottom] = [0, 0, 40, 20];
    const [dx, dy] = [PAD - left, PAD + header - top];
    return {
      width: right - left + 2 * PAD, height: bottom - top + 2 * PAD + header,
      boxes: placed.map(({ x, y, width, height, box }) => ({ x: x + dx, y: y + dy, width, height, box })),
      ways: ways.map(({ points, edge, label, x, y }) => ({
        edge, label, points: points.map((point) => ({ x: point.x + dx, y: point.y + dy })),
        at: x === undefined ? null : { x: x + dx, y: y + dy },
      })),
    };
  }
}

// The edges that are seen only when one of their ends is selected: those of a box with very many. One is left, to place it.
function hubsOf(scope) {
  const out = new Map(), into = new Map(), hubs = new Set();
  for (const { a, b } of scope.edges.values()) { out.set(a, (out.get(a) || 0) + 1); into.set(b, (into.get(b) || 0) + 1); }
  const placed = new Set();
  for (const edge of scope.edges.values()) {
    const wide = out.get(edge.a) > CROWD && placed.has(edge.a);
    const deep = into.get(edge.b) > CROWD && out.get(edge.a) > 1;
    if (wide || deep) hubs.add(edge); else placed.add(edge.a);
  }
  return hubs;
}

// What stands on an edge: the one tensor's type, or how many there are.
function labelOf(parts) {
  const tensors = parts.filter((part) => !part.control);
  const labels = new Set(tensors.map((part) => part.label));
  if (!labels.size) return "";
  const [first] = labels;
  if (labels.size === 1) return tensors.length > 1 ? `${tensors.length} × ${first}` : first;
  return `${tensors.length} tensors`;
}
