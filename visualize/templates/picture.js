"use strict";
// Draws what the server laid out. Every text goes into the page as text: nothing here parses markup.
(() => {
  const content = JSON.parse(document.getElementById("content").textContent);
  const container = document.getElementById("network");
  const panel = document.getElementById("details");

  function element(name, text, parent) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  }

  function isolated(name, text, parent) {
    const made = element(name, "", parent);
    element("bdi", text, made);
    return made;
  }

  function addSection([heading, rows], parent) {
    if (heading) isolated("h4", heading, parent);
    const list = element("dl", "", parent);
    for (const [label, text] of rows) {
      const term = element("dt", label, list);
      if (text) isolated("dd", text, list);
      else term.className = "alone";
    }
  }

  // A member of a group is asked for by its id: the page comes again with it on its own.
  function addOpening(address, parent) {
    const form = element("form", "", parent);
    const label = element("label", content.words.oneOfThem + " ", form);
    const box = element("input", "", label);
    box.required = true;
    box.maxLength = 200;
    box.dir = "auto";
    element("button", content.words.showIt, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      location.href = address.replace("%7Bid%7D", () => encodeURIComponent(box.value.trim()));
    });
  }

  function told(details, withLinks) {
    const block = document.createElement("div");
    isolated("h3", details.heading, block);
    for (const section of details.sections) addSection(section, block);
    for (const id of details.operations || []) addSection(content.operations[id], block);
    if (withLinks && details.links && details.links.length) {
      const list = element("ul", "", block);
      for (const [text, href] of details.links) isolated("a", text, element("li", "", list)).href = href;
    }
    if (withLinks && details.open) addOpening(details.open, block);
    return block;
  }

  function show(details) {
    panel.replaceChildren(details ? told(details, true) : element("p", content.words.nothing));
  }

  const behind = content.behind ? globalThis.timeline(content) : content.plan ? globalThis.plan(content) : null;
  // The end of a line at a bar is part of the bar.
  const shapeOf = (id) => content.shapes[content.anchors && content.anchors[id] !== undefined ? content.anchors[id] : id];
  const drawn = content.nodes.map((node) => ({ ...(behind ? behind.shapeOf(node) : node), title: told(shapeOf(node.id), false) }));
  const nodes = new vis.DataSet(drawn);
  const edges = new vis.DataSet(content.edges.map((edge) => ({ ...edge, title: told(content.lines[edge.id], false) })));
  // A page scrolls with the wheel; the picture takes it only with Ctrl.
  container.addEventListener("wheel", (event) => { if (!event.ctrlKey) event.stopPropagation(); }, { capture: true });
  const network = new vis.Network(container, { nodes, edges }, content.options);

  if (behind) behind.begin(network, container);

  const painting = globalThis.painting(content, nodes, edges, behind ? behind.dimmed : new Set());

  function choose(id) {
    show(shapeOf(id));
    painting.standOut(id);
  }

  function fit() {
    if (content.plan) {
      const scale = Math.min(1, (container.clientWidth - 20) / content.width, (container.clientHeight - 20) / content.height);
      network.moveTo({ position: { x: 0, y: 0 }, scale });
      return;
    }
    network.fit({ animation: false, maxZoomLevel: 1 });
  }

  // What does not fit is entered at the start, with most of the room on the side where the trace leads.
  function open() {
    fit();
    const scale = content.readable;
    if (network.getScale() >= scale || content.start === null) return;
    if (content.plan) {  // read from its upper left corner
      const beside = (room, length) => Math.min(0, (room / scale - length) / 2);
      network.moveTo({ position: { x: beside(container.clientWidth, content.width), y: beside(container.clientHeight, content.height) }, scale });
      return;
    }
    const place = network.getPosition(content.start);
    // The whole height is seen, or as much of it as there is room for: nothing above or below it.
    const beyond = Math.max(0, content.height / 2 - container.clientHeight / scale / 2);
    place.y = Math.min(Math.max(place.y, -beyond), beyond);
    const room = container.clientWidth * 0.36 * (content.leads === "right" ? -1 : 1);
    network.moveTo({ position: place, scale, offset: { x: room, y: 0 } });
  }

  function zoom(factor) {
    network.moveTo({ scale: Math.min(4, Math.max(0.05, network.getScale() * factor)) });
  }

  // Those whose name holds what is wanted, one after the other.
  let wanted = "", at = -1;
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = document.getElementById("wanted").value.trim().toLocaleLowerCase();
    const found = content.shapes.flatMap((shape, id) => (text && !painting.isHidden(id) && shape.heading.toLocaleLowerCase().includes(text) ? [id] : []));
    at = text === wanted ? (at + 1) % Math.max(found.length, 1) : 0;
    wanted = text;
    document.getElementById("matches").textContent = !text ? "" : !found.length ? content.words.noMatch
      : content.words.matches.replace("{at}", at + 1).replace("{count}", found.length);
    if (found.length) goTo(found[at]);
  });

  document.getElementById("wanted").addEventListener("input", () => { document.getElementById("matches").textContent = ""; });

  function goTo(id) {
    network.selectNodes([id]);
    network.focus(id, { scale: Math.max(network.getScale(), content.readable) });
    choose(id);
  }

  // Kinds that are unticked in the legend go, from the tables too.
  const kinds = [...document.querySelectorAll("input.kind")];
  function leaveOut() {
    painting.leaveOut(new Set(kinds.filter((box) => !box.checked).map((box) => box.value)));
    document.querySelectorAll("tr[data-shape]").forEach((row) => { row.hidden = painting.isHidden(Number(row.dataset.shape)); });
    const left = new Map(content.edges.map((edge) => [edge.id, painting.isLeftOut(edge)]));
    document.querySelectorAll("tr[data-link]").forEach((row) => { row.hidden = left.get(Number(row.dataset.link)); });
  }
  for (const box of kinds) {
    box.disabled = false;
    box.addEventListener("change", leaveOut);
  }

  const saving = globalThis.saving(content, network, painting);
  document.querySelectorAll("button.save").forEach((button) => {
    button.addEventListener("click", () => saving[button.dataset.form]());
  });

  document.getElementById("closer").addEventListener("click", () => zoom(1.3));
  document.getElementById("farther").addEventListener("click", () => zoom(1 / 1.3));
  document.getElementById("whole").addEventListener("click", fit);

  network.on("select", ({ nodes: chosen, edges: lines }) => {
    if (chosen.length) choose(chosen[0]);
    else show(lines.length ? content.lines[lines[0]] : null);
    if (!chosen.length) painting.standOut(null);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.find");
    if (!button) return;
    if (button.dataset.shape !== undefined) {
      const id = Number(button.dataset.shape);
      goTo(id);
    } else {
      const id = Number(button.dataset.link);
      network.setSelection({ nodes: [], edges: [id] });
      show(content.lines[id]);
    }
    container.scrollIntoView({ block: "center" });
  });

  open();
  if (content.start !== null) show(shapeOf(content.start));
  if (content.target !== null && content.target !== undefined) {
    network.selectNodes([content.target]);
    choose(content.target);
  }
  container.dataset.drawn = String(content.nodes.length);
})();
