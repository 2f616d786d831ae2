"use strict";
// The whole picture, not only what is seen of it, as a file: SVG, PNG of that, GraphML. Every text is escaped.
globalThis.saving = (content, network, painting) => {
  const MARGIN = 40, AXIS = 30, ROW = 26, HEAD = 64;
  const HALO = 'paint-order="stroke" stroke="#ffffff" stroke-opacity="0.8" stroke-width="4"'; // so that lines cross no text
  const title = document.title;

  function escaped(text) {
    const known = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
    // XML has no way to write control characters.
    return String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd").replace(/[&<>"']/g, (sign) => known[sign]);
  }

  const colourOf = (node) => (typeof node.color === "string" ? node.color : node.color.background);
  const polygon = (points, rest) => `<polygon points="${points.map((point) => point.join(",")).join(" ")}" ${rest}/>`;

  function shape(node) {
    const { x, y, size: s } = node;
    const dashes = node.shapeProperties ? ' stroke-dasharray="4 3"' : "";
    const rest = `fill="${colourOf(node)}" stroke="#333333" stroke-width="${node.borderWidth}"${dashes}`;
    const box = network.getBoundingBox(node.id);
    const width = box.right - box.left, height = box.bottom - box.top;
    const around = (count, radius, turn) => Array.from({ length: count }, (_, at) => {
      const angle = (2 * Math.PI * at) / count + turn;
      return [x + radius(at) * Math.sin(angle), y - radius(at) * Math.cos(angle)].map((each) => each.toFixed(1));
    });
    switch (node.shape) {
      case "square": return `<rect x="${x - s}" y="${y - s}" width="${2 * s}" height="${2 * s}" ${rest}/>`;
      case "triangle": return polygon(around(3, () => s * 1.15, 0), rest);
      case "triangleDown": return polygon(around(3, () => s * 1.15, Math.PI), rest);
      case "diamond": return polygon(around(4, () => s, 0), rest);
      case "hexagon": return polygon(around(6, () => s, Math.PI / 6), rest);
      case "star": return polygon(around(10, (at) => (at % 2 ? s * 0.5 : s * 1.2), 0), rest);
      case "box": case "database":
        return `<rect x="${box.left}" y="${box.top}" width="${width}" height="${height}" rx="${node.shape === "box" ? 3 : 12}" ${rest}/>`;
      case "ellipse": return `<ellipse cx="${x}" cy="${y}" rx="${width / 2}" ry="${height / 2}" ${rest}/>`;
      default: return `<circle cx="${x}" cy="${y}" r="${s}" ${rest}/>`;
    }
  }

  function lines(text, x, y, attributes) {
    return text.split("\n").map((line, at) => `<text x="${x}" y="${(y + at * 16).toFixed(1)}" ${attributes}>${escaped(line)}</text>`).join("");
  }

  function drawnBar(bar, x, y) {
    return globalThis.barParts(bar, x, y).map(({ points, closed, fill, stroke, width, dashes }) => {
      const path = points.map(([px, py]) => `${px.toFixed(1)} ${py.toFixed(1)}`).join("L");
      const broken = dashes ? ` stroke-dasharray="${dashes.join(" ")}"` : "";
      return `<path d="M${path}${closed ? "z" : ""}" fill="${fill || "none"}" stroke="${stroke}" stroke-width="${width}"${broken}/>`;
    }).join("");
  }

  function drawnNode(node) {
    if (node.bar) {
      const { width, height } = node.bar;
      return drawnBar(node.bar, node.x, node.y)
        + lines(node.label, node.x - width / 2, node.y + height / 2 + 14, `${HALO} font-size="12" fill="#1b1f24"`);
    }
    if (node.place) {
      const { width, height, depth, several, pad, head } = node.place;
      const left = node.x - width / 2, top = node.y - height / 2;
      return `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="${depth % 2 ? "#ffffff" : "#f4f6f8"}" stroke="#57606a"${several ? ' stroke-dasharray="5 4"' : ""}/>`
        + lines(node.label, left + pad, top + head / 2 + 6, 'font-size="12" fill="#1b1f24"');
    }
    if (!node.font) return "";
    const inside = ["box", "ellipse", "database"].includes(node.shape);
    const count = node.label.split("\n").length;
    const y = inside ? node.y - (count - 1) * 8 + 5 : node.y + node.size + 18;
    const halo = inside ? "" : HALO;
    return shape(node) + lines(node.label, node.x, y, `${halo} font-size="${node.font.size}" fill="${node.font.color}" text-anchor="middle"`);
  }

  // The middle point of a line that bends, as vis-network 9.1.2 takes it (see visualize/bends.py).
  function via(edge, from, to) {
    if (!edge.smooth || !edge.smooth.enabled) return null;
    const { type, roundness } = edge.smooth, dx = to.x - from.x, dy = from.y - to.y;
    const angle = Math.atan2(dy, dx) + (0.5 * (type === "curvedCW" ? roundness : -roundness) + 0.5) * Math.PI;
    const away = (0.5 * roundness + 0.5) * Math.hypot(dx, dy);
    return { x: from.x + away * Math.sin(angle), y: from.y + away * Math.cos(angle) };
  }

  function drawnEdge(edge) {
    if (edge.hidden) return "";
    const from = network.getPosition(edge.from), to = network.getPosition(edge.to);
    const ends = { from, to };
    const dashes = edge.dashes ? ` stroke-dasharray="${edge.dashes.join(" ")}"` : "";
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    // The tip stands at the rim of the shape that it points to.
    const rim = (id) => { const node = content.nodes[id]; return node && node.size >= 5 ? node.size + 4 : 2; };
    const along = (point, other, by) => ({ x: point.x + ((other.x - point.x) * by) / length, y: point.y + ((other.y - point.y) * by) / length });
    const a = along(ends.from, to, Math.min(rim(edge.from), length / 3)), b = along(ends.to, from, Math.min(rim(edge.to), length / 3));
    const bent = via(edge, from, to);
    const drawn = bent ? `<path d="M${a.x.toFixed(1)} ${a.y.toFixed(1)}Q${bent.x.toFixed(1)} ${bent.y.toFixed(1)} ${b.x.toFixed(1)} ${b.y.toFixed(1)}" fill="none" stroke="${edge.color.color}" stroke-width="${edge.width}"${dashes} marker-end="url(#tip)"/>` : `<line x1="${a.x.toFixed(1)}" y1="${a.y.toFixed(1)}" x2="${b.x.toFixed(1)}" y2="${b.y.toFixed(1)}" stroke="${edge.color.color}" stroke-width="${edge.width}"${dashes} marker-end="url(#tip)"${edge.arrows && edge.arrows.from ? ' marker-start="url(#tip)"' : ""}/>`;
    return drawn + (edge.label ? lines(edge.label, (a.x + b.x) / 2, (a.y + b.y) / 2, `${HALO} font-size="12" fill="#444444" text-anchor="middle"`) : "");
  }

  function frame() {
    const around = ({ x, y, place }) => ({ left: x - place.width / 2, right: x + place.width / 2, top: y - place.height / 2, bottom: y + place.height / 2 });
    const boxes = content.nodes.map((node) => (node.place ? around(node) : network.getBoundingBox(node.id))).filter(Boolean);
    const behind = content.behind;
    const left = Math.min(...boxes.map((box) => box.left), behind ? behind.left : Infinity) - MARGIN;
    const right = Math.max(...boxes.map((box) => box.right), behind ? behind.right : -Infinity) + MARGIN;
    const top = Math.min(...boxes.map((box) => box.top), ...(behind ? behind.bands.map((band) => band.top) : [])) - MARGIN - (behind ? AXIS : 0);
    const bottom = Math.max(...boxes.map((box) => box.bottom), ...(behind ? behind.bands.map((band) => band.bottom) : [])) + MARGIN;
    return { left, top, width: right - left, height: bottom - top };
  }

  function drawnBehind({ left, top, width, height }) {
    const behind = content.behind;
    if (!behind) return "";
    const bands = behind.bands.map((band, at) =>
      `<rect x="${left}" y="${band.top}" width="${width}" height="${band.bottom - band.top}" fill="${at % 2 ? "#ffffff" : "#f4f6f8"}" stroke="#c8ccd2"/>`
      + lines(band.label, left + 6, band.top + 16, 'font-size="13" fill="#57606a"'));
    let free = behind.always ? behind.timeLeft - 20 : -Infinity;
    const ticks = behind.ticks.map(([x, text]) => {
      const line = `<line x1="${x}" y1="${top + AXIS}" x2="${x}" y2="${top + height}" stroke="#c8ccd2" stroke-dasharray="2 4"/>`;
      if (x - 38 < free) return line;
      free = x + 44;
      return line + lines(text, x, top + 20, 'font-size="12" fill="#1b1f24" text-anchor="middle"');
    });
    const always = behind.always ? lines(behind.always, behind.timeLeft - 38, top + 20, 'font-size="12" fill="#1b1f24" text-anchor="end"') : "";
    const masked = behind.masked ? lines(behind.masked, behind.timeRight + 28, top + 20, 'font-size="12" fill="#1b1f24"') : "";
    return [...bands, ...ticks, always, masked].join("");
  }

  const measure = document.createElement("canvas").getContext("2d");
  function widthOf(text, font) {
    measure.font = `${font} system-ui, sans-serif`;
    return measure.measureText(text).width;
  }

  // A picture that went astray still says what it shows: what was asked, at which position, whether it is complete.
  function drawnHead({ left, top }) {
    return lines(title, left + MARGIN, top + 28, 'font-size="18" font-weight="bold" fill="#1b1f24"')
      + lines(answerText(), left + MARGIN, top + 50, 'font-size="13" fill="#1b1f24"');
  }

  const answerText = () => document.querySelector("#answer p").innerText.replace(/\s+/g, " ").trim();

  // The samples of the legend are drawn by the page's style, which a file does not have.
  function sample(drawn, x, y) {
    const copy = drawn.cloneNode(true), parts = copy.querySelectorAll("*");
    drawn.querySelectorAll("*").forEach((part, at) => {
      const style = getComputedStyle(part);
      for (const name of ["fill", "stroke", "stroke-width", "stroke-dasharray"]) parts[at].setAttribute(name, style.getPropertyValue(name));
      parts[at].removeAttribute("class");
    });
    const [, , width, height] = drawn.getAttribute("viewBox").split(" ").map(Number);
    for (const [name, value] of Object.entries({ x, y, width, height })) copy.setAttribute(name, value);
    copy.removeAttribute("class");
    return [new XMLSerializer().serializeToString(copy), width];
  }

  function drawnLegend(left, top, width) {
    let x = left + MARGIN, y = top;
    const drawn = [];
    for (const item of document.querySelectorAll(".legend li")) {
      const box = item.querySelector("input.kind");
      if (box && !box.checked) continue;
      const text = item.innerText.replace(/\s+/g, " ").trim();
      const needed = 36 + 8 + widthOf(text, "13px") + 24;
      if (x > left + MARGIN && x + needed > left + width) [x, y] = [left + MARGIN, y + ROW];
      const [shown, wide] = sample(item.querySelector("svg"), x, y);
      drawn.push(shown, lines(text, x + wide + 8, y + 17, 'font-size="13" fill="#1b1f24"'));
      x += needed;
    }
    return [drawn.join(""), y + ROW - top];
  }

  function svgText() {
    const box = frame();
    const tip = '<defs><marker id="tip" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto-start-reverse" markerUnits="userSpaceOnUse"><path d="M0 0 9 4 0 8z" fill="#333333"/></marker></defs>';
    const width = Math.ceil(Math.max(box.width, widthOf(title, "bold 18px") + 2 * MARGIN, widthOf(answerText(), "13px") + 2 * MARGIN));
    const [legend, legendHeight] = drawnLegend(box.left, box.top + box.height, width);
    const head = { left: box.left, top: box.top - HEAD };
    const height = Math.ceil(HEAD + box.height + legendHeight + MARGIN / 2);
    const nodes = content.nodes.filter((node) => !painting.isHidden(node.id)), edges = content.edges.filter((edge) => !painting.isLeftOut(edge));
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${head.left} ${head.top} ${width} ${height}" font-family="system-ui, 'Noto Sans CJK SC', sans-serif"><title>${escaped(title)}</title>${tip}<rect x="${head.left}" y="${head.top}" width="${width}" height="${height}" fill="#ffffff"/>${drawnHead(head)}${drawnBehind(box)}${edges.map(drawnEdge).join("")}${nodes.map(drawnNode).join("")}${legend}</svg>`;
  }

  function graphmlText() {
    const owner = (id) => (content.anchors && content.anchors[id] !== undefined ? content.anchors[id] : id);
    const keys = ["name", "details"].map((key) => `<key id="${key}" for="all" attr.name="${key}" attr.type="string"/>`).join("");
    const told = (sections) => sections.flatMap(([, rows]) => rows.map(([label, text]) => (text ? `${label}: ${text}` : label))).join("; ");
    const data = ({ heading, sections }) => `<data key="name">${escaped(heading)}</data><data key="details">${escaped(told(sections))}</data>`;
    const nodes = content.shapes.map((each, id) => (painting.isHidden(id) ? "" : `<node id="n${id}">${data(each)}</node>`)).join("");
    const edges = content.edges.filter((edge) => !painting.isLeftOut(edge)).map((edge) => `<edge id="e${edge.id}" source="n${owner(edge.from)}" target="n${owner(edge.to)}">${data(content.lines[edge.id])}</edge>`).join("");
    return `<?xml version="1.0" encoding="UTF-8"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">${keys}<key id="title" for="graph" attr.name="title" attr.type="string"/><key id="answer" for="graph" attr.name="answer" attr.type="string"/><graph edgedefault="directed"><data key="title">${escaped(title)}</data><data key="answer">${escaped(answerText())}</data>${nodes}${edges}</graph></graphml>`;
  }

  function save(blob, ending) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${title.replace(/[^\p{L}\p{N}.]+/gu, "-").replace(/^-|-$/g, "").slice(0, 80) || "picture"}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  return {
    svg: () => save(new Blob([svgText()], { type: "image/svg+xml" }), "svg"),
    graphml: () => save(new Blob([graphmlText()], { type: "application/xml" }), "graphml"),
    png() {
      const image = new Image();
      image.onload = () => {
        // A canvas of more than some 8,000 pixels a side is refused by browsers.
        const scale = Math.min(2, 8000 / image.width, 8000 / image.height);
        const canvas = document.createElement("canvas");
        canvas.width = image.width * scale;
        canvas.height = image.height * scale;
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob((blob) => save(blob, "png"), "image/png");
      };
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText())}`;
    },
  };
};
