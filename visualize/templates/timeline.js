"use strict";
// What lies behind a picture whose horizontal axis is time: bands and dates; and the bars, a shape of our own.
// The server says where everything is; texts are drawn as text.
globalThis.timeline = (content) => {
  const { behind } = content;
  const dimmed = new Set();
  const ink = "#1b1f24", quiet = "#57606a", line = "#c8ccd2";

  function drawBar(ctx, bar, x, y, isChosen) {
    const left = x - bar.width / 2, top = y - bar.height / 2;
    ctx.beginPath();
    ctx.moveTo(left, top);
    ctx.lineTo(left + bar.width, top);
    if (bar.open) ctx.lineTo(left + bar.width + bar.height / 2, y);
    ctx.lineTo(left + bar.width, top + bar.height);
    ctx.lineTo(left, top + bar.height);
    ctx.closePath();
    ctx.fillStyle = bar.look === "run" ? bar.colour : "#ffffff";
    if (bar.look !== "window") ctx.fill();
    if (bar.look === "stay") hatch(ctx, bar, left, top);
    ctx.setLineDash(bar.look === "window" ? [5, 4] : []);
    ctx.lineWidth = isChosen ? 4 : 1.5;
    ctx.strokeStyle = "#333333";
    ctx.stroke();
    ctx.setLineDash([]);
  }

  function hatch(ctx, bar, left, top) {
    ctx.save();
    ctx.clip();
    ctx.strokeStyle = bar.colour;
    ctx.lineWidth = 3;
    ctx.beginPath();
    for (let at = -bar.height; at < bar.width + bar.height; at += 8) {
      ctx.moveTo(left + at, top + bar.height);
      ctx.lineTo(left + at + bar.height, top);
    }
    ctx.stroke();
    ctx.restore();
    ctx.beginPath();
    ctx.rect(left, top, bar.width, bar.height);
  }

  function shapeOf(node) {
    if (!node.bar) return node;
    const ctxRenderer = ({ ctx, id, x, y, state, label }) => ({
      drawNode() {
        ctx.save();
        if (dimmed.has(id)) ctx.globalAlpha = 0.15;
        drawBar(ctx, node.bar, x, y, state.selected || state.hover);
        ctx.font = "12px system-ui, sans-serif";
        ctx.textAlign = "left";
        ctx.textBaseline = "top";
        ctx.fillStyle = ink;
        ctx.fillText(label, x - node.bar.width / 2, y + node.bar.height / 2 + 4);
        ctx.restore();
      },
      nodeDimensions: { width: node.bar.width, height: node.bar.height },
    });
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
      container.parentElement.classList.add("timed");
      network.on("beforeDrawing", (ctx) => drawBehind(network, ctx, container));
      network.on("afterDrawing", (ctx) => drawScale(network, ctx, container));
    },
  };
};
