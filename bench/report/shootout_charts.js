// SPDX-License-Identifier: Apache-2.0
//
// The charts of a race: throughput, latency and memory of every map.

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
    (strings ? ", as the system sees it: key, value and structure."
      : ". Key and value alone are 16.") + " Lower is better.";
  byId("memory-plot").style.height = rows.length * 38 + 66 + "px";
  draw(byId("memory"), {
    type: "bar",
    data: {
      labels: rows.map(([name]) => name),
      datasets: [{
        label: "bytes", data: rows.map(([, m]) => strings
          ? m.resident_bytes_per_entry : m.bytes_per_entry),
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
