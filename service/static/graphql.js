"use strict";
const byId = (id) => document.getElementById(id);
const examples = JSON.parse(byId("examples").content.textContent);

async function ask(query, variables) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

function show(index) {
  byId("query").value = examples[index].query;
  byId("variables").value = JSON.stringify(examples[index].variables, null, 2);
}

async function run() {
  const answer = byId("answer");
  let variables;
  try {
    variables = JSON.parse(byId("variables").value || "{}");
  } catch (error) {
    answer.textContent = "Variables: " + error.message;
    return;
  }
  answer.textContent = "…";
  try {
    answer.textContent = JSON.stringify(await ask(byId("query").value, variables), null, 2);
  } catch (error) {
    answer.textContent = String(error);
  }
}

const INTROSPECTION = `{ __schema { types { name kind description
  fields { name description type { ...T } args { name type { ...T } } }
  inputFields { name description type { ...T } }
  enumValues { name description }
  possibleTypes { name } } } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { name } } } } }`;

function typeName(type) {
  if (type.kind === "NON_NULL") return typeName(type.ofType) + "!";
  if (type.kind === "LIST") return "[" + typeName(type.ofType) + "]";
  return type.name;
}

function describe(type) {
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = type.name + (type.description ? ": " + type.description.split("\n")[0] : "");
  const list = document.createElement("ul");
  const members = type.fields || type.inputFields || type.enumValues || type.possibleTypes || [];
  for (const member of members) {
    const item = document.createElement("li");
    const code = document.createElement("code");
    const args = member.args && member.args.length
      ? "(" + member.args.map((arg) => arg.name + ": " + typeName(arg.type)).join(", ") + ")" : "";
    code.textContent = member.name + args + (member.type ? ": " + typeName(member.type) : "");
    item.append(code, member.description ? " " + member.description : "");
    list.append(item);
  }
  details.append(summary, list);
  details.dataset.text = (type.name + " " + members.map((member) => member.name).join(" ")).toLowerCase();
  return details;
}

async function showTypes() {
  const answer = await ask(INTROSPECTION, {});
  if (!answer.data) return;
  const own = answer.data.__schema.types.filter((type) => !type.name.startsWith("__") && type.kind !== "SCALAR");
  const first = ["Query", "Mutation"];
  own.sort((a, b) => (first.includes(b.name) - first.includes(a.name)) || a.name.localeCompare(b.name));
  byId("types").replaceChildren(...own.map(describe));
}

byId("example").addEventListener("change", (event) => show(Number(event.target.value)));
byId("run").addEventListener("click", run);
byId("query").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
});
byId("find-type").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase();
  for (const details of byId("types").children) details.hidden = !details.dataset.text.includes(wanted);
});
show(0);
showTypes();
