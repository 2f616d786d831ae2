"use strict";
// What lies behind a picture whose horizontal axis is time: bands and dates; and the bars, a shape of our own.
// The server says where everything is; texts are drawn as text.

// The lines and areas that a bar is made of, in the order in which they are drawn: on the screen and in files alike.
globalThis.barParts = (bar, x, y) => {
  const ink = "#333333", dashed = [5, 4];
  const left = x - bar.width / 2, right = left + bar.width, top = y - bar.height / 2, bottom = top + bar.height;
  const from = left + (bar.softLeft || 0), to = right - (bar.softRight || 0);
  const outline = (a, b, tip) => [[a, top], [b, top], ...(tip ? [[b + bar.height / 2, y]] : []), [b, bottom], [a, bottom]];
  const area = (points, fill, dashes) => ({ points, closed: true, fill, stroke: ink, width: 1.5, dashes });
  const parts = [];
  // Several of them: as a stack.
  if (bar.several) parts.push(area(outline(left + 3, right + 3).map(([px, py]) => [px, py - 3]), "#ffffff"));
  // What is only perhaps has a broken outline and no filling.
  if (from > left) parts.push(area(outline(left, from), "#ffffff", dashed));
  if (to < right) parts.push(area(outline(to, right, bar.open), "#ffffff", dashed));
  if (to <= from) return parts;
  const isOpen = bar.open && to === right;
  const fill = { run: bar.colour, plain: bar.colour, full: bar.colour, window: null }[bar.look];
  parts.push(area(outline(from, to, isOpen), fill === undefined ? "#ffffff" : fill, bar.look === "window" ? dashed : null));
  const line = (points, width, stroke) => parts.push({ points, closed: false, stroke: stroke || ink, width });
  const middle = (from + to) / 2, half = Math.min(bar.height / 2 - 3, (to - from) / 2 - 2);
  if (bar.look === "stay") {
    for (let at = from - bar.height + 5; at < to; at += 8) {
      const first = Math.max(from - at, 0), last = Math.min(to - at, bar.height);
      if (last > first) line([[at + first, bottom - first], [at + last, bottom - last]], 3, bar.colour);
    }
    parts.push(area(outline(from, to, isOpen), null));
  } else if (bar.look === "stripes") {
    for (let at = from + 5; at < to - 1; at += 7) line([[at, top + 2], [at, bottom - 2]], 2.5);
  } else if (bar.look === "way") {
    for (let at = from + 4; at < to - 7; at += 12) line([[at, top + 4], [at + 5, y], [at, bottom - 4]], 2.5);
  } else if (bar.look === "cross") {
    line([[middle - half, y - half], [middle + half, y + half]], 2.5);
    line([[middle - half, y + half], [middle + half, y - half]], 2.5);
  }
  return parts;
};

globalThis.timeline = (content) => {
  const { behind } = content;
  const dimmed = new Set();
  const ink = "#1b1f24", quiet = "#57606a", line = "#c8ccd2";

  function drawBar(ctx, bar, x, y, isChosen) {
    for (const part of globalThis.barParts(bar, x, y)) {
      ctx.beginPath();
      part.points.forEach(([px, py], at) => (at ? ctx.lineTo(px, py) : ctx.moveTo(px, py)));
      if (part.closed) ctx.closePath();
      if (part.fill) {
        ctx.fillStyle = part.fill;
        ctx.fill();
      }
      ctx.setLineDash(part.dashes || []);
      ctx.lineWidth = isChosen && part.closed ? 4 : part.width;
      ctx.strokeStyle = part.stroke;
      ctx.stroke();
      ctx.setLineDash([]);
    }
  }

  function shapeOf(node) {
    if (!node.bar) return node;
    const { width, height } = node.bar;
    function ctxRenderer({ ctx, id, x, y, state, label }) {
      globalThis.sized(this, x, y, width, height);
      const drawNode = () => {
        ctx.save();
        if (dimmed.has(id)) ctx.globalAlpha = 0.15;
        drawBar(ctx, node.bar, x, y, state.selected || state.hover);
        ctx.font = "12px system-ui, sans-serif";
        ctx.textAlign = "left";
        ctx.textBaseline = "top";
        // So that lines cross no text.
        ctx.strokeStyle = "rgba(255,255,255,0.8)";
        ctx.lineWidth = 4;
        ctx.strokeText(label, x - node.bar.width / 2, y + node.bar.height / 2 + 4);
        ctx.fillStyle = ink;
        ctx.fillText(label, x - node.bar.width / 2, y + node.bar.height / 2 + 4);
        ctx.restore();
      };
      return { drawNode, nodeDimensions: { width, height } };
    }
    return { ...node, ctxRenderer };
  }

  // Dates stay at the top of what is seen, names of bands at its left: however one moves, they can be read.
  function drawBehind(network, ctx, container) {
    const scale = network.getScale();
    const seen = network.DOMtoCanvas({ x: 0, y: 0 });
    const end = network.DOMtoCanvas({ x: container.clientWidth, y: container.clientHeight });
    const pixel = 1 / scale;
    ctx.save();
    behind.bands.forEach((band, number) => {
      const left = Math.min(behind.left, seen.x), right = Math.max(behind.right, end.x);
      ctx.fillStyle = number % 2 ? "#ffffff" : "#f4f6f8";
      ctx.fillRect(left, band.top, right - left, band.bottom - band.top);
      ctx.strokeStyle = line;
      ctx.lineWidth = pixel;
      ctx.strokeRect(left, band.top, right - left, band.bottom - band.top);
    });
    ctx.lineWidth = pixel;
    ctx.strokeStyle = line;
    for (const [x] of behind.ticks) stroke(ctx, x, seen.y, end.y, [2 * pixel, 4 * pixel]);
    if (behind.always) stroke(ctx, behind.timeLeft - 30, seen.y, end.y, []);
    if (behind.masked) stroke(ctx, behind.timeRight + 20, seen.y, end.y, []);
    ctx.restore();
  }

  function stroke(ctx, x, top, bottom, dashes) {
    ctx.beginPath();
    ctx.setLineDash(dashes);
    ctx.moveTo(x, top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
  }

  function drawScale(network, ctx, container) {
    const seen = network.DOMtoCanvas({ x: 0, y: 0 });
    const end = network.DOMtoCanvas({ x: container.clientWidth, y: container.clientHeight });
    const pixel = 1 / network.getScale();
    ctx.save();
    ctx.fillStyle = "rgba(255,255,255,0.92)";
    ctx.fillRect(seen.x, seen.y, end.x - seen.x, 22 * pixel);
    ctx.strokeStyle = line;
    ctx.lineWidth = pixel;
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.moveTo(seen.x, seen.y + 22 * pixel);
    ctx.lineTo(end.x, seen.y + 22 * pixel);
    ctx.stroke();
    ctx.font = `${12 * pixel}px system-ui, sans-serif`;
    ctx.textBaseline = "middle";
    ctx.fillStyle = ink;
    const y = seen.y + 11 * pixel;
    const gap = 8 * pixel;
    ctx.textAlign = "left";
    let free = -Infinity;
    if (behind.always) {
      const width = ctx.measureText(behind.always).width;
      ctx.fillText(behind.always, behind.timeLeft - 30 - width - gap, y);
      free = behind.timeLeft - 30;
    }
    for (const [x, text] of behind.ticks) {
      const width = ctx.measureText(text).width;
      if (x - width / 2 < free) continue;
      ctx.fillText(text, x - width / 2, y);
      free = x + width / 2 + gap;
    }
    if (behind.masked) ctx.fillText(behind.masked, Math.max(behind.timeRight + 20 + gap, free), y);
    for (const band of behind.bands) {
      const top = Math.max(band.top, seen.y + 22 * pixel);
      if (top > Math.min(band.bottom, end.y)) continue;
      const width = ctx.measureText(band.label).width;
      ctx.fillStyle = "rgba(255,255,255,0.92)";
      ctx.fillRect(seen.x, top, width + 2 * gap, 18 * pixel);
      ctx.fillStyle = quiet;
      ctx.fillText(band.label, seen.x + gap, top + 9 * pixel);
    }
    ctx.restore();
  }

  return {
    shapeOf,
    dimmed,
    begin(network, container) {
      network.on("beforeDrawing", (ctx) => drawBehind(network, ctx, container));
      network.on("afterDrawing", (ctx) => drawScale(network, ctx, container));
    },
  };
};
