// SPDX-License-Identifier: Apache-2.0
//
// Ratios beside their targets, by //bench:ratios.

// How many times better than its target a ratio is; undefined without both.
function betterThanTarget(row) {
  if (!(row.ratio > 0) || row.target === undefined) return undefined;
  return row.goal === "at most" ? row.target / row.ratio
    : row.ratio / row.target;
}

function ratioText(ratio) {
  if (!Number.isFinite(ratio)) return "n/a";
  return ratio < 0.0995 ? ratio.toPrecision(2) : digits3(ratio);
}

function figureText(value) {
  if (!Number.isFinite(value)) return "n/a";
  return value < 9.995 ? value.toFixed(2) + " ns" : duration(value);
}

function showRatioHeadline() {
  const count = (verdict) =>
    results.ratios.filter((row) => row.verdict === verdict).length;
  const met = count("met");
  const missed = count("missed");
  byId("headline").replaceChildren("pma meets ",
    element("em", {}, met + " of " + (met + missed)), " targets");
  byId("lead").textContent = "Each ratio sets pma, or what its row names in " +
    "its place, beside the best of the other maps or beside another figure. " +
    results.key_count.toLocaleString("en") + " keys, " +
    plural(results.threads, "thread") + ".";

  const judged = results.ratios.filter((row) => betterThanTarget(row) > 0)
    .sort((a, b) => betterThanTarget(b) - betterThanTarget(a));
  const tiles = [tile("Met", met, "", "of the targets"),
    tile("Missed", missed, "", "a finding, not a failure")];
  const unmeasured = count("not measured");
  if (unmeasured > 0) {
    tiles.push(tile("Not measured", unmeasured, "", "rows without a ratio"));
  }
  if (judged.length > 0) {
    const best = judged[0];
    const worst = judged[judged.length - 1];
    tiles.push(
      tile("Best", ratioText(betterThanTarget(best)), "× its target",
        best.group + ": " + best.what),
      tile("Worst", ratioText(betterThanTarget(worst)), "× its target",
        worst.group + ": " + worst.what));
  }
  byId("tiles").replaceChildren(...tiles);
}

// Powers of two from the target, to the left and to the right: as far as the
// ratios go, but no further than a bar can show.
function ratioScale() {
  const powers = results.ratios.map(betterThanTarget).filter(Boolean)
    .map(Math.log2);
  const reach = (power) => Math.min(3, Math.max(1, Math.ceil(power)));
  return {worse: reach(-Math.min(0, ...powers)),
    better: reach(Math.max(0, ...powers))};
}

const percent = (power, scale) =>
  100 * (power + scale.worse) / (scale.worse + scale.better);

// From the line of the target to the ratio. A bar with an open end is too long
// to be shown whole.
function ratioBar(row, scale) {
  const track = element("div", {class: "track"});
  const better = betterThanTarget(row);
  if (better === undefined) return track;
  const power = Math.log2(better);
  const cut = power > scale.better || power < -scale.worse;
  const end = percent(
    Math.min(scale.better, Math.max(-scale.worse, power)), scale);
  const line = percent(0, scale);
  const good = row.verdict === "met";
  const width = Math.max(2, Math.abs(end - line));
  track.append(
    element("i", {
      class: (good ? "good" : "bad") + (cut ? " cut" : ""),
      style: "left:" + (good ? line : line - width) + "%;width:" + width + "%",
    }),
    element("b", {style: "left:" + line + "%"}));
  return track;
}

function scaleLabels(scale) {
  const names = ["⅛", "¼", "½", "target", "2×", "4×", "8×"];
  const labels = element("div", {class: "scale"});
  for (let power = -scale.worse; power <= scale.better; ++power) {
    labels.append(element("span",
      {style: "left:" + percent(power, scale) + "%"}, names[power + 3]));
  }
  return labels;
}

function ratioRow(row, scale) {
  const verdicts = {met: "✓ met", missed: "✗ missed", "-": "no target"};
  const cell = (name, label, ...contents) => element("td",
    {class: name, "data-label": label}, ...contents);
  const all = Object.entries(row.figures)
    .map(([map, value]) => map + " " + figureText(value)).join(", ");
  const goal = row.target === undefined ? "–"
    : (row.goal === "at most" ? "≤ " : "≥ ") + row.target;
  return element("tr", row.target === undefined ? {class: "aside"} : {},
    cell("what", "", row.what),
    element("td", {class: "figure", "data-label": "measured", title: all},
      figureText(row.pma)),
    cell("figure", "beside", figureText(row.other),
      element("small", {}, row.against)),
    cell("ratio", "ratio", ratioText(row.ratio)),
    cell("goal", "target", goal),
    cell("bar", "", ratioBar(row, scale)),
    cell("verdict " + (row.verdict === "met" ? "good"
      : row.verdict === "missed" ? "bad" : ""), "",
      element("span", {}, verdicts[row.verdict] || row.verdict)));
}

function showRatios() {
  const scale = ratioScale();
  const groups = [...new Set(results.ratios.map((row) => row.group))];
  byId("ratios").replaceChildren(...groups.map((group) => element(
    "div", {class: "card"},
    element("h3", {}, group[0].toUpperCase() + group.slice(1)),
    element("table", {class: "ratios"},
      element("thead", {}, element("tr", {},
        ...["", "Measured", "Beside", "Ratio", "Target"].map(
          (name) => element("th", {scope: "col"}, name)),
        element("th", {class: "bar"}, scaleLabels(scale)),
        element("th", {}))),
      element("tbody", {}, ...results.ratios
        .filter((row) => row.group === group)
        .map((row) => ratioRow(row, scale)))))));
}

function showRatioFacts() {
  fillTerms("data", [
    ["Keys", results.key_count.toLocaleString("en") +
      " random 64-bit integers, where a row names no others"],
    ["Values", "8 bytes"],
    ["Threads", results.threads + ", where a row names no other number"],
    ["Whole run", duration(results.wall_seconds * 1e9)]]);
}

const ratiosPart = {
  needs: "ratios",
  program: "ratios",
  prepare() {},
  show() {
    showRatioHeadline();
    showRatios();
    showRatioFacts();
  },
};
