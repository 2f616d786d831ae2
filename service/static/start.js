"use strict";
// The file goes as it is: the service tells JSON Lines from a workbook by its first bytes.
const form = document.getElementById("import");
if (form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const file = document.getElementById("file").files[0];
    const dryRun = document.getElementById("dry-run").checked;
    const answer = document.getElementById("import-answer");
    const query = new URLSearchParams({ name: file.name, dryRun: String(dryRun) });
    answer.hidden = false;
    answer.textContent = "…";
    const response = await fetch("/import?" + query, {
      method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" },
    });
    answer.textContent = JSON.stringify(await response.json(), null, 2);
  });
}
