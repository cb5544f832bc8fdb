// Draws the report from the results, which are in the page as JSON (json.cc).

"use strict";
const results = JSON.parse(document.getElementById("results").textContent);
const HERO = "pma";
const byId = (id) => document.getElementById(id);
const hasHero = results.maps.some((m) => m.name === HERO);
let threads = results.thread_counts[results.thread_counts.length - 1];
let charts = [];

// ---- Small helpers ---------------------------------------------------------

function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}
const css = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const digits3 = (x) =>
  x >= 99.95 ? Math.round(x).toLocaleString("en") :
  x >= 9.995 ? x.toFixed(1) : x.toFixed(2);
function duration(ns) {
  if (ns < 999.5) return Math.round(ns) + " ns";
  if (ns < 999.5e3) return digits3(ns / 1e3) + " µs";
  if (ns < 999.5e6) return digits3(ns / 1e6) + " ms";
  return digits3(ns / 1e9) + " s";
}
const plural = (n, word) => n + "\u00a0" + word + (n === 1 ? "" : "s");
const find = (map, mix) => results.measurements.find((m) =>
  m.map === map && m.mix === mix && m.threads === threads && m.available);
// Maps that took part with this number of threads.
const racing = () => results.maps.filter((map) => results.measurements.some(
  (m) => m.map === map.name && m.threads === threads));
function colour(map) {
  // The hero keeps the first colour; the others follow in order.
  const others = results.maps.filter((m) => m.name !== HERO);
  const i = map === HERO ? 0 : 1 + others.findIndex((m) => m.name === map) % 5;
  return css("--map-" + i);
}
const mixNamed = (name) => results.mixes.find((m) => m.name === name);

// ---- Text ------------------------------------------------------------------

function showHeadline() {
  const keys = results.key_set;
  const data = keys.key_count.toLocaleString("en") + " keys (" + keys.name +
    "), " + plural(threads, "thread");
  const standing = results.standings.find(
    (s) => s.map === HERO && s.threads === threads);
  if (!hasHero || !standing) {
    byId("headline").textContent = "Ordered maps, raced on real work";
    byId("lead").textContent = data + ".";
    return;
  }
  const ratio = element("em", {}, digits3(standing.mean_ratio) + "×");
  byId("headline").replaceChildren("pma runs at ", ratio,
    " the speed of the best other map");
  byId("lead").textContent = "Geometric mean over " +
    plural(standing.mixes, "mix").replace("mixs", "mixes") +
    ", each against whichever other map is fastest there. pma comes first in " +
    standing.wins + " of them. " + data + ".";
}

function showTiles() {
  const tiles = [];
  const add = (label, value, unit, note) => tiles.push(element(
    "div", {class: "card tile"}, element("span", {class: "label"}, label),
    element("b", {}, value, element("small", {}, unit)),
    element("span", {}, note)));
  const subject = hasHero ? HERO : results.maps[0].name;
  const rate = (mix, label) => {
    const m = find(subject, mix);
    if (!m) return;
    add(label, digits3(m.rate), mixNamed(mix).unit.replace("M ", "M "),
      m.ratio_to_best_other > 0
        ? digits3(m.ratio_to_best_other) + "× the best other map" : subject);
  };
  rate("load", "Insert");
  rate("ycsb_c", "Look up");
  rate("floor", "Floor");
  rate("fullscan", "Scan");
  const loaded = results.measurements.find(
    (m) => m.map === subject && m.threads === threads && m.available);
  if (loaded) {
    add("Memory", loaded.bytes_per_entry.toFixed(1), "bytes/entry",
      results.key_set.key_type === "strings"
        ? "keys, values and structure" : "16 of them are key and value");
  }
  byId("tiles").replaceChildren(...tiles.slice(0, 5));
}

function showLegends() {
  for (const list of document.querySelectorAll("[data-legend]")) {
    list.replaceChildren(...racing().map((map) => element(
      "li", map.name === HERO ? {class: "hero-map"} : {},
      element("i", {style: "background:" + colour(map.name)}), map.name)));
  }
}

function showFigures() {
  const rows = [];
  for (const mix of results.mixes) {
    rows.push(element("tr", {class: "mix"}, element("td", {colspan: 8},
      element("b", {}, mix.name), mix.description)));
    const found = racing().map((map) => find(map.name, mix.name));
    const best = (field, pick) =>
      pick(...found.filter(Boolean).map((m) => m[field]));
    racing().forEach((map, i) => {
      const m = found[i];
      const row = element("tr", map.name === HERO ? {class: "hero-row"} : {},
        element("td", {}, element("span",
          {class: "dot", style: "background:" + colour(map.name)}), map.name));
      if (!m) {
        row.append(element("td", {class: "none"}, "n/a"),
          element("td", {colspan: 6}));
        rows.push(row);
        return;
      }
      const cell = (text, good) =>
        row.append(element("td", good ? {class: "best"} : {}, text));
      cell(digits3(m.rate) + " " + mix.unit,
        m.rate === best("rate", Math.max));
      for (const field of ["p50_ns", "p99_ns", "p999_ns", "max_ns"]) {
        cell(duration(m[field]), m[field] === best(field, Math.min));
      }
      cell(m.bytes_per_entry.toFixed(1),
        m.bytes_per_entry === best("bytes_per_entry", Math.min));
      const ratio = m.ratio_to_best_other;
      row.append(element("td", {class: ratio > 1 ? "up" : "down"},
        ratio > 0 ? digits3(ratio) + "×" : "–"));
      rows.push(row);
    });
  }
  byId("figures").replaceChildren(...rows);
}

function showFacts() {
  const fill = (id, pairs) => byId(id).replaceChildren(...pairs.flatMap(
    ([term, text]) => [element("dt", {}, term), element("dd", {}, text)]));
  const env = results.environment;
  const keys = results.key_set;
  fill("machine", [
    ["Processor", env.cpu + ", " + plural(env.cores, "core")],
    ["Memory", Math.round(env.memory_bytes / 2 ** 30) + " GiB, huge pages: " +
      env.huge_pages],
    ["System", env.kernel], ["Compiler", env.compiler],
    ["Instructions", env.vector_unit],
    ["Other work", Math.round(results.other_work_share * 100) +
      " % of the processors meanwhile"], ["Date", env.date]]);
  fill("data", [
    ["Key set", keys.name], ["Keys", keys.key_count.toLocaleString("en") +
      " " + keys.key_type + (keys.duplicate_count > 0 ? " (" +
      keys.duplicate_count.toLocaleString("en") + " duplicates dropped)" : "")],
    ["Values", "8 bytes"], ["What", keys.description],
    ["Source", keys.source],
    ["Per mix", results.seconds_per_mix + " s per map" +
      (results.repeats > 1 ? " in " + results.repeats + " races, median shown"
        : "")],
    ["Whole race", duration(results.wall_seconds * 1e9)]]);
  fill("maps", results.maps.map((m) => [m.name, m.description]));
  byId("command").textContent = env.command_line;
  byId("footer").textContent = "Made by //bench:shootout on " + env.date +
    ". Charts: Chart.js (MIT), inside this file.";
  if (!env.optimized) {
    byId("warnings").replaceChildren(element("p", {class: "warning"},
      "Built without -c opt: these figures mean little."));
  } else if (results.other_work_share > 0.05) {
    byId("warnings").replaceChildren(element("p", {class: "warning"},
      "Other work took " + Math.round(results.other_work_share * 100) +
      " % of the processors during this race: expect noise."));
  }
}

// ---- Charts ----------------------------------------------------------------

// Writes the value at the end of each bar.
const barLabels = {
  id: "barLabels",
  afterDatasetsDraw(chart, args, options) {
    if (!options.format) return;
    const context = chart.ctx;
    const sideways = chart.options.indexAxis === "y";
    context.save();
    chart.data.datasets.forEach((set, s) => {
      if (options.only && !options.only(set.label)) return;
      context.fillStyle = options.strong && options.strong(set.label)
        ? css("--ink") : css("--soft");
      context.font = (options.strong && options.strong(set.label)
        ? "650 " : "") + (options.size || 12) + "px system-ui, sans-serif";
      chart.getDatasetMeta(s).data.forEach((bar, i) => {
        const value = set.data[i];
        // On a narrow screen the labels would run into each other.
        const crowded = !sideways && bar.width < 24;
        if (crowded && !(options.strong && options.strong(set.label))) return;
        if (value === null) {
          context.textAlign = "center";
          context.textBaseline = "bottom";
          context.fillText("n/a", bar.x, chart.chartArea.bottom - 4);
          return;
        }
        const text = options.format(value, s, i);
        if (sideways) {
          const left = options.leftOf && options.leftOf(value);
          context.textAlign = left ? "right" : "left";
          context.textBaseline = "middle";
          context.fillText(text, bar.x + (left ? -7 : 7), bar.y);
        } else {
          context.textAlign = "center";
          context.textBaseline = "bottom";
          context.fillText(text, bar.x, bar.y - 4);
        }
      });
    });
    context.restore();
  },
};

// A vertical line at one value of a horizontal chart, with a word beside it.
const markLine = {
  id: "markLine",
  beforeDatasetsDraw(chart, args, options) {
    if (options.at === undefined) return;
    const x = chart.scales.x.getPixelForValue(options.at);
    const {top, bottom} = chart.chartArea;
    const context = chart.ctx;
    context.save();
    context.strokeStyle = css("--faint");
    context.setLineDash(options.dashed ? [4, 4] : []);
    context.lineWidth = 1.25;
    context.beginPath();
    context.moveTo(x, top - 2);
    context.lineTo(x, bottom);
    context.stroke();
    context.fillStyle = css("--soft");
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "bottom";
    context.fillText(options.text, x, top - 5);
    context.restore();
  },
};

function draw(canvas, config) {
  config.options = Object.assign({
    responsive: true, maintainAspectRatio: false, animation: false,
  }, config.options);
  config.options.plugins = Object.assign(
    {legend: {display: false}}, config.options.plugins);
  config.plugins = [barLabels, markLine];
  charts.push(new Chart(canvas, config));
}

const tooltip = (label) => ({
  backgroundColor: css("--ink"), titleColor: css("--card"),
  bodyColor: css("--card"), padding: 10, cornerRadius: 8, displayColors: false,
  callbacks: {label},
});
const quiet = () => ({color: css("--soft"), font: {size: 12}});

function drawAdvantage() {
  const rows = hasHero ? results.mixes.map((mix) => [mix, find(HERO, mix.name)])
    .filter(([, m]) => m && m.ratio_to_best_other > 0) : [];
  byId("advantage-section").hidden = rows.length === 0;
  if (rows.length === 0) return;
  byId("advantage-plot").style.height = rows.length * 30 + 64 + "px";
  const ratios = rows.map(([, m]) => m.ratio_to_best_other);
  // On a log scale twice as fast looks as far from 1 as half as fast.
  const reach = 1.3 * Math.max(1.2, ...ratios);
  const lowest = Math.min(0.8, ...ratios) / 1.3;
  const ticks = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
  draw(byId("advantage"), {
    type: "bar",
    data: {
      labels: rows.map(([mix]) => mix.name),
      datasets: [{
        label: HERO, data: ratios, base: 1, borderRadius: 4,
        borderSkipped: false, barPercentage: 0.72, categoryPercentage: 0.95,
        backgroundColor: ratios.map((r) =>
          r >= 1 ? css("--map-0") : css("--behind")),
      }],
    },
    options: {
      indexAxis: "y", layout: {padding: {top: 22, right: 12}},
      scales: {
        x: {
          type: "logarithmic", min: lowest, max: reach,
          afterBuildTicks: (axis) => {
            axis.ticks = ticks.filter((t) => t >= lowest && t <= reach)
              .map((value) => ({value}));
          },
          ticks: {...quiet(), callback: (v) => v + "×"},
          grid: {color: css("--grid"), drawBorder: false},
        },
        y: {ticks: {...quiet(), color: css("--ink"), font: {size: 13}},
          grid: {display: false, drawBorder: false}},
      },
      plugins: {
        tooltip: tooltip((item) => digits3(item.raw) +
          "× the best other map: " +
          rows[item.dataIndex][0].description),
        barLabels: {format: (v) => digits3(v) + "×", size: 12.5,
          strong: () => true, leftOf: (v) => v < 1},
        markLine: {at: 1, text: "best other map"},
      },
    },
  });
}

// Mixes whose rates share a unit and an order of magnitude share a chart.
const GROUPS = [
  {title: "YCSB", span: 12, mixes: /^ycsb/,
    say: "Six standard mixes of reads, updates, inserts and short scans, " +
      "skewed keys"},
  {title: "Insert", span: 3, mixes: /^load$/,
    say: "Every key once, in random order"},
  {title: "Floor", span: 3, mixes: /^floor$/,
    say: "The range that holds an address"},
  {title: "Scans", span: 6, mixes: /scan/,
    say: "Ranges of 100 and 10,000 entries, and all of it"},
];

function drawThroughput() {
  const holder = byId("throughput");
  holder.replaceChildren();
  for (const group of GROUPS) {
    const mixes = results.mixes.filter((m) => group.mixes.test(m.name));
    if (mixes.length === 0) continue;
    const canvas = element("canvas");
    const say = group.title === "Floor" && results.key_set.name !== "geoip"
      ? "The greatest key at or below a query" : group.say;
    holder.append(element("div",
      {class: "card", style: "grid-column: span " + group.span},
      element("h3", {}, group.title + ", " + mixes[0].unit),
      element("p", {}, say),
      element("div", {class: "plot", style: "height:250px"}, canvas)));
    const maps = racing();
    draw(canvas, {
      type: "bar",
      data: {
        labels: mixes.map((m) => m.name),
        datasets: maps.map((map) => ({
          label: map.name, backgroundColor: colour(map.name), borderRadius: 4,
          categoryPercentage: 0.8, barPercentage: 0.92, maxBarThickness: 46,
          data: mixes.map((mix) => find(map.name, mix.name)?.rate ?? null),
        })),
      },
      options: {
        layout: {padding: {top: 20}},
        interaction: {mode: "index", intersect: false},
        scales: {
          x: {ticks: {...quiet(), color: css("--ink")},
            grid: {display: false, drawBorder: false}},
          y: {beginAtZero: true, ticks: {...quiet(), maxTicksLimit: 6},
            grid: {color: css("--grid"), drawBorder: false}},
        },
        plugins: {
          tooltip: tooltip((item) => item.raw === null ? item.dataset.label +
            ": cannot do this" : item.dataset.label + ": " +
            digits3(item.raw) + " " + mixNamed(item.label).unit),
          barLabels: {format: digits3, size: 11.5,
            strong: (label) => label === HERO},
        },
      },
    });
  }
}

function drawLatency() {
  const holder = byId("latency");
  holder.replaceChildren();
  const fields = ["p50_ns", "p99_ns", "p999_ns", "max_ns"];
  for (const mix of results.mixes) {
    const canvas = element("canvas");
    holder.append(element("div", {class: "card"},
      element("h3", {}, mix.name), element("p", {}, mix.description),
      element("div", {class: "plot", style: "height:180px"}, canvas)));
    // The hero is drawn last, on top.
    const maps = racing().filter((map) => find(map.name, mix.name))
      .sort((a, b) => (a.name === HERO) - (b.name === HERO));
    draw(canvas, {
      type: "line",
      data: {
        labels: ["p50", "p99", "p99.9", "max"],
        datasets: maps.map((map) => ({
          label: map.name, borderColor: colour(map.name),
          backgroundColor: colour(map.name),
          cubicInterpolationMode: "monotone",
          borderWidth: map.name === HERO ? 3 : 2,
          pointRadius: map.name === HERO ? 4 : 3, pointHoverRadius: 6,
          order: map.name === HERO ? 0 : 1,
          data: fields.map((f) => find(map.name, mix.name)[f]),
        })),
      },
      options: {
        interaction: {mode: "index", intersect: false},
        scales: {
          x: {ticks: quiet(), grid: {display: false, drawBorder: false}},
          y: {
            type: "logarithmic",
            afterBuildTicks: (axis) => {
              axis.ticks = axis.ticks.filter(({value}) => {
                const power = Math.log10(value);
                return Math.abs(power - Math.round(power)) < 1e-9;
              });
            },
            ticks: {...quiet(), callback: (v) => duration(v).replace(".00", "")
              .replace(".0", "")},
            grid: {color: css("--grid"), drawBorder: false},
          },
        },
        plugins: {tooltip: tooltip((item) =>
          item.dataset.label + ": " + duration(item.raw))},
      },
    });
  }
}

function drawMemory() {
  const first = results.mixes[0].name;
  const rows = racing().map((map) => [map.name, find(map.name, first)])
    .filter(([, m]) => m);
  const strings = results.key_set.key_type === "strings";
  byId("memory-say").textContent = "Bytes per entry after " +
    (first === "load" ? "loading in random order" : first) +
    (strings ? ": key, value and structure; characters of long strings not " +
    "counted." : ". Key and value alone are 16.") + " Lower is better.";
  byId("memory-plot").style.height = rows.length * 38 + 66 + "px";
  draw(byId("memory"), {
    type: "bar",
    data: {
      labels: rows.map(([name]) => name),
      datasets: [{
        label: "bytes", data: rows.map(([, m]) => m.bytes_per_entry),
        backgroundColor: rows.map(([name]) => colour(name)), borderRadius: 4,
        barPercentage: 0.7, categoryPercentage: 0.95,
      }],
    },
    options: {
      indexAxis: "y", layout: {padding: {top: 22, right: 54}},
      scales: {
        x: {beginAtZero: true, ticks: quiet(),
          grid: {color: css("--grid"), drawBorder: false}},
        y: {ticks: {...quiet(), color: css("--ink"), font: {size: 13}},
          grid: {display: false, drawBorder: false}},
      },
      plugins: {
        tooltip: tooltip((item) => item.raw.toFixed(1) + " bytes per entry"),
        barLabels: {format: (v) => v.toFixed(1), size: 12.5,
          strong: () => true},
        markLine: strings ? {}
          : {at: 16, text: "key and value", dashed: true},
      },
    },
  });
}

// ---- The page --------------------------------------------------------------

function showAll() {
  for (const chart of charts) chart.destroy();
  charts = [];
  showHeadline();
  showTiles();
  showLegends();
  drawAdvantage();
  drawThroughput();
  drawLatency();
  drawMemory();
  showFigures();
  showFacts();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  for (const button of byId("theme").children) {
    button.setAttribute("aria-pressed", button.dataset.theme === theme);
  }
  showAll();
}

for (const button of byId("theme").children) {
  button.addEventListener("click", () => setTheme(button.dataset.theme));
}
byId("threads").hidden = results.thread_counts.length < 2;
for (const count of results.thread_counts) {
  const button = element("button", {"aria-pressed": count === threads},
    plural(count, "thread"));
  button.addEventListener("click", () => {
    threads = count;
    for (const other of byId("threads").children) {
      other.setAttribute("aria-pressed", other === button);
    }
    showAll();
  });
  byId("threads").append(button);
}
byId("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(results.environment.command_line);
  byId("copy").textContent = "Copied";
});
const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change",
  () => setTheme(dark.matches ? "dark" : "light"));
setTheme(dark.matches ? "dark" : "light");
