// SPDX-License-Identifier: Apache-2.0
//
// Puts the page together: the parts whose data is there, and what all share.

const parts = [shootoutPart, ratiosPart].filter((part) => results[part.needs]);

function showMachine() {
  const env = results.environment;
  fillTerms("machine", [
    ["Processor", env.cpu + ", " + plural(env.cores, "core")],
    ["Memory", Math.round(env.memory_bytes / 2 ** 30) + " GiB, huge pages: " +
      env.huge_pages],
    ["System", env.kernel], ["Compiler", env.compiler],
    ["Instructions", env.vector_unit],
    ["Other work", Math.round(results.other_work_share * 100) +
      " % of the processors meanwhile"], ["Date", env.date]]);
  byId("command").textContent = env.command_line;
  byId("footer").textContent = "Made by " +
    parts.map((part) => "//bench:" + part.program).join(" and ") + " on " +
    env.date + ". Charts: Chart.js (MIT), inside this file.";
  if (!env.optimized) {
    byId("warnings").replaceChildren(element("p", {class: "warning"},
      "Built without -c opt: these figures mean little."));
  } else if (results.other_work_share > 0.05) {
    byId("warnings").replaceChildren(element("p", {class: "warning"},
      "Other work took " + Math.round(results.other_work_share * 100) +
      " % of the processors meanwhile: expect noise."));
  }
}

function showAll() {
  clearCharts();
  for (const part of parts) part.show();
  showMachine();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  for (const button of byId("theme").children) {
    button.setAttribute("aria-pressed", button.dataset.theme === theme);
  }
  showAll();
}

for (const node of document.querySelectorAll("[data-needs]")) {
  node.hidden = !results[node.dataset.needs];
}
for (const part of parts) part.prepare();
byId("program").textContent = parts.map((part) => part.program).join(" and ");
document.title = "pma " + byId("program").textContent;
for (const button of byId("theme").children) {
  button.addEventListener("click", () => setTheme(button.dataset.theme));
}
byId("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(results.environment.command_line);
  byId("copy").textContent = "Copied";
});
const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change",
  () => setTheme(dark.matches ? "dark" : "light"));
setTheme(dark.matches ? "dark" : "light");
