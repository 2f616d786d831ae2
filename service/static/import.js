"use strict";
// The file goes as it is, as a program would send it: the service tells its format by name and first bytes.

const byId = (id) => document.getElementById(id);
const texts = byId("texts").dataset;
const SHOWN = 500; // violations in the table; the rest is counted

function say(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? Number.isFinite(values[name]) ? values[name].toLocaleString() : values[name] : whole));
}

function parameters(file) {
  const language = document.documentElement.lang.slice(0, 2);
  const asked = { name: file.name, dryRun: String(byId("dry-run").checked), language };
  if (byId("zone").value) asked.zone = byId("zone").value;
  if (byId("batch").value) asked.batch = byId("batch").value;
  if (byId("historic") && byId("historic").checked) asked.historic = "true";
  const kinds = [...document.querySelectorAll("[name=createMissing]:checked")].map((box) => box.value);
  if (kinds.length) asked.createMissing = kinds.join(",");
  return new URLSearchParams(asked);
}

function place(found) {
  const parts = [found.file];
  if (found.cell) parts.push(say(texts.cell, found));
  else if (found.line) parts.push(say(texts.line, found));
  return parts.filter(Boolean).join(texts.joined);
}

function cell(text) {
  const made = document.createElement("td");
  const part = document.createElement("bdi");
  part.textContent = text || "";
  made.append(part);
  return made;
}

function show(answer) {
  const violations = answer.violations || [];
  const isDone = answer.accepted;
  byId("outcome").hidden = false;
  byId("outcome").className = "outcome " + (isDone ? "good" : "bad");
  const mark = isDone ? "✓ " : "▲ ";
  byId("outcome-heading").textContent = mark
    + (isDone ? (answer.dryRun ? texts.checked : texts.done) : answer.applied ? texts.partly : texts.refused);
  const parts = [];
  if (isDone || answer.applied) parts.push(say(answer.dryRun ? texts.would : texts.counts, answer));
  if (violations.length) parts.push(say(texts.wrong, { count: violations.length }));
  if (answer.deviationCount || answer.warningCount) {
    parts.push(say(texts.raised, { deviations: answer.deviationCount, warnings: answer.warningCount }));
  }
  if (answer.lastGood && !isDone) parts.push(say(texts.last, { place: place(answer.lastGood) }));
  byId("outcome-text").textContent = parts.concat(answer.notes || []).join(" ");
  byId("outcome-links").hidden = !answer.applied || answer.dryRun;
  byId("outcome-list").hidden = !violations.length;
  byId("outcome-list").querySelector("tbody").replaceChildren(...violations.slice(0, SHOWN).map((violation) => {
    const row = document.createElement("tr");
    const record = [violation.record, violation.member].filter(Boolean).join(" · ");
    row.append(cell(place(violation)), cell(record), cell(violation.message), cell(violation.remedy));
    return row;
  }));
  byId("outcome-more").hidden = violations.length <= SHOWN;
  byId("outcome-more").textContent = say(texts.rest, { shown: SHOWN, count: violations.length });
  byId("outcome").focus();
}

function fail(message, remedy) {
  show({ accepted: false, applied: 0, violations: [], notes: [message, remedy].filter(Boolean) });
}

function send(file) {
  const request = new XMLHttpRequest(); // fetch tells nothing of how much was sent
  const bar = byId("progress"), stage = byId("stage"), button = byId("send");
  const end = () => { bar.hidden = true; stage.textContent = ""; button.disabled = false; };
  request.open("POST", "/import?" + parameters(file));
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = event.loaded / event.total;
  });
  request.upload.addEventListener("load", () => { bar.removeAttribute("value"); stage.textContent = texts.checking; });
  request.addEventListener("load", () => {
    end();
    let answer;
    try { answer = JSON.parse(request.responseText); } catch { answer = null; }
    if (answer && answer.error) fail(answer.error.message, answer.error.remedy);
    else if (answer) show(answer);
    else fail(texts.failed);
  });
  request.addEventListener("error", () => { end(); fail(texts.failed); });
  byId("outcome").hidden = true;
  button.disabled = true;
  bar.hidden = false;
  bar.value = 0;
  stage.textContent = texts.sending;
  request.send(file);
}

const drop = byId("drop");
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
}
for (const name of ["dragleave", "drop"]) {
  drop.addEventListener(name, () => drop.classList.remove("over"));
}
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) byId("file").files = event.dataTransfer.files;
});
byId("import").addEventListener("submit", (event) => {
  event.preventDefault();
  send(byId("file").files[0]);
});
