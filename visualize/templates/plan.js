"use strict";
// The plan behind a picture of a place: a box for each position, drawn behind all that stands in it.
// The server says where everything is; texts are drawn as text.
globalThis.plan = (content) => {
  const dimmed = new Set();
  const fills = ["#f4f6f8", "#ffffff"];

  function shapeOf(node) {
    if (!node.place) return node;
    const { width, height } = node.place;
    // Only the rim and the name: the drawing script draws what is chosen last, over what stands in the box.
    function ctxRenderer({ ctx, x, y, state, label }) {
      const left = x - width / 2, top = y - height / 2;
      globalThis.sized(this, x, y, width, height);
      const drawNode = () => {
        ctx.save();
        ctx.lineWidth = state.selected || state.hover ? 3 : node.place.affected ? 2 : 1;
        ctx.strokeStyle = "#57606a";
        ctx.setLineDash(node.place.several ? [5, 4] : []);
        ctx.strokeRect(left, top, width, height);
        ctx.setLineDash([]);
        ctx.font = "12px system-ui, sans-serif";
        ctx.textAlign = "left";
        ctx.textBaseline = "middle";
        ctx.fillStyle = "#1b1f24";
        ctx.fillText(label, left + node.place.pad, top + node.place.head / 2 + 2);
        ctx.restore();
      };
      return { drawNode, nodeDimensions: { width, height } };
    }
    return { ...node, ctxRenderer };
  }

  function drawBehind(ctx) {
    ctx.save();
    for (const { x, y, place } of content.nodes) {
      if (!place) continue;
      ctx.fillStyle = fills[place.depth % 2];
      ctx.fillRect(x - place.width / 2, y - place.height / 2, place.width, place.height);
    }
    ctx.restore();
  }

  return {
    shapeOf,
    dimmed,
    begin(network) {
      network.on("beforeDrawing", drawBehind);
    },
  };
};
