"use strict";
// What of the picture stands out, is dimmed, or is left out. Nothing is moved by it.
// A shape of our own is as large as it says: vis-network 9.1.2 takes the size that its drawing returns only when the state
// changes, until when it could be chosen by its middle alone.
globalThis.sized = (shape, x, y, width, height) => {
  const left = x - width / 2, top = y - height / 2;
  Object.assign(shape, { width, height, left, top, boundingBox: { left, top, right: left + width, bottom: top + height } });
};

globalThis.painting = (content, nodes, edges, dimmedBars) => {
  const anchors = content.anchors || {}, paths = content.paths || {};
  // The end of a line at a bar is part of the bar.
  const owner = (id) => (anchors[id] === undefined ? id : anchors[id]);
  const ends = content.edges.map((edge) => [owner(edge.from), owner(edge.to)]);
  const faint = { node: 0.15, line: 0.12, text: "#b0b5ba" };
  let chosen = null, unwanted = new Set();

  // All that can be reached from some shapes through others that are not wanted, along the lines or against them.
  function beyond(starts, isForward) {
    const next = new Map();
    for (const [from, to] of ends) {
      const [here, there] = isForward ? [from, to] : [to, from];
      next.set(here, [...(next.get(here) || []), there]);
    }
    const found = new Set(), waiting = [...starts];
    while (waiting.length) {
      for (const each of next.get(waiting.pop()) || []) {
        if (starts.has(each) || found.has(each)) continue;
        found.add(each);
        waiting.push(each);
      }
    }
    return found;
  }

  // What is not wanted, but leads from something that is to something that is.
  function connectors() {
    if (!unwanted.size) return new Set();
    const wanted = new Set(content.shapes.flatMap((each, id) => (unwanted.has(each.kind) ? [] : [id])));
    const back = beyond(wanted, false);
    return new Set([...beyond(wanted, true)].filter((id) => back.has(id)));
  }

  let between = connectors();
  const isHidden = (id) => unwanted.has(content.shapes[owner(id)].kind) && !between.has(owner(id));

  function paint() {
    const path = chosen === null ? undefined : paths[chosen];
    const lines = new Set(path || []), shapes = new Set([chosen]);
    for (const edge of content.edges) {
      if (lines.has(edge.id)) for (const end of [edge.from, edge.to]) shapes.add(end).add(owner(end));
    }
    const isDim = (id) => (path ? !shapes.has(id) : between.has(owner(id)));
    dimmedBars.clear();
    for (const node of content.nodes) if (isDim(node.id)) dimmedBars.add(node.id);
    nodes.update(content.nodes.map((node) => ({
      id: node.id,
      hidden: isHidden(node.id),
      ...(node.font ? {
        opacity: isDim(node.id) ? faint.node : 1,
        font: { ...node.font, ...(isDim(node.id) ? { color: faint.text } : {}) },
      } : {}),
    })));
    edges.update(content.edges.map((edge) => ({
      id: edge.id,
      color: { ...edge.color, opacity: path && !lines.has(edge.id) ? faint.line : 1 },
      width: lines.has(edge.id) ? 3.5 : edge.width,
    })));
  }

  return {
    isHidden,
    isLeftOut: (edge) => isHidden(edge.from) || isHidden(edge.to),
    // The path to a shape stands out, the rest is dimmed; null: all is as it was.
    standOut(id) {
      chosen = id;
      paint();
    },
    // Leaves out shapes of these kinds, but for those that connect others.
    leaveOut(kinds) {
      unwanted = kinds;
      between = connectors();
      paint();
    },
  };
};
