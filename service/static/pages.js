"use strict";
// Offers what is found as one types, and sends what a button of a page stands for.

const PAUSE = 200; // milliseconds after the last key before the service is asked

function waiting(work) {
  let timer, running;
  return (...values) => {
    clearTimeout(timer);
    if (running) running.abort();
    running = new AbortController();
    const { signal } = running;
    timer = setTimeout(() => work(signal, ...values), PAUSE);
  };
}

async function fetchPart(parameters, signal) {
  try {
    const response = await fetch("/view/search?" + new URLSearchParams(parameters), { signal });
    return response.ok ? await response.text() : null;
  } catch {
    return null; // typed on meanwhile, or the service is gone: the page's own search still works
  }
}

// data-find="open": choosing leads to the thing; "fill": it puts the id into the field.
function offer(input) {
  const holder = input.closest(".find, .search") || wrap(input);
  const list = document.createElement("ul");
  list.id = "offers-" + input.id;
  list.className = "offers";
  list.role = "listbox";
  list.hidden = true;
  list.setAttribute("aria-label", input.labels[0] ? input.labels[0].textContent : input.placeholder);
  holder.append(list);
  input.role = "combobox";
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  let chosen = -1;
  const options = () => [...list.querySelectorAll("[role=option]")];
  const close = () => {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    const all = options();
    chosen = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, number) => option.setAttribute("aria-selected", String(number === chosen)));
    if (chosen < 0) return;
    input.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  };
  const take = (option) => {
    if (input.dataset.find === "open") {
      location.assign(option.dataset.href);
    } else {
      input.value = option.dataset.id;
      close();
      input.focus();
    }
  };
  const look = waiting(async (signal, text) => {
    const part = await fetchPart({ q: text, part: "suggestions" }, signal);
    if (part === null || signal.aborted || document.activeElement !== input) return;
    list.innerHTML = part;
    if (input.dataset.find === "fill") list.querySelectorAll(".operation").forEach((option) => option.remove());
    options().forEach((option) => { option.id = list.id + "-" + option.id; });
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  });

  input.addEventListener("input", () => {
    const text = input.value.trim();
    if (text) look(text); else close();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); }
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(event.key === "ArrowDown" ? chosen + 1 : chosen < 0 ? -1 : chosen - 1);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      take(options()[chosen]);
    }
  });
  input.addEventListener("blur", () => setTimeout(close, 150));
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
}

function wrap(input) {
  const holder = document.createElement("span");
  holder.className = "offered";
  input.before(holder);
  holder.append(input);
  return holder;
}

// data-live: the part of the page that shows what is found, as one types.
function follow(input) {
  const results = document.getElementById(input.dataset.live);
  const form = input.form;
  const look = waiting(async (signal) => {
    const asked = [...new FormData(form)].filter(([, value]) => value);
    const part = await fetchPart([...asked, ["part", "results"]], signal);
    if (part === null || signal.aborted) return;
    results.innerHTML = part;
    history.replaceState(null, "", asked.length ? "?" + new URLSearchParams(asked) : location.pathname);
  });
  form.addEventListener("input", () => look());
}

// data-post: a button that has the service do something, and says what came of it.
function post(button) {
  const outcome = document.getElementById("verified");
  button.addEventListener("click", async () => {
    button.disabled = true;
    outcome.className = "outcome";
    outcome.textContent = button.dataset.working;
    try {
      const response = await fetch(button.dataset.post, { method: "POST", headers: { "Content-Type": "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      const found = await response.json();
      outcome.classList.add(found.intact ? "good" : "bad");
      outcome.textContent = found.intact
        ? "✓ " + button.dataset.good.replace("{entries}", found.entries.toLocaleString())
        : "▲ " + button.dataset.bad.replace("{difference}", found.firstDifference);
    } catch {
      outcome.classList.add("bad");
      outcome.textContent = "▲ " + button.dataset.failed;
    }
    button.disabled = false;
  });
}

document.querySelectorAll("[data-find]").forEach(offer);
document.querySelectorAll("[data-live]").forEach(follow);
document.querySelectorAll("[data-post]").forEach(post);
