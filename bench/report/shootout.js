// SPDX-License-Identifier: Apache-2.0
//
// A race, by //bench:shootout: what is written about it, and its tables. Its
// charts are in shootout_charts.js.

let threads = (results.thread_counts || []).slice(-1)[0];
const hasHero = (results.maps || []).some((m) => m.name === HERO);
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
  const add = (...parts) => tiles.push(tile(...parts));
  const subject = hasHero ? HERO : results.maps[0].name;
  const rate = (mix, label) => {
    const m = find(subject, mix);
    if (!m) return;
    add(label, digits3(m.rate), mixNamed(mix).unit.replace("M ", "M\u00a0"),
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
    const strings = results.key_set.key_type === "strings";
    add("Memory", (strings ? loaded.resident_bytes_per_entry
      : loaded.bytes_per_entry).toFixed(1), "bytes/entry",
    strings ? "keys, values and structure" : "16 of them are key and value");
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

function showRaceFacts() {
  const keys = results.key_set;
  fillTerms("data", [
    ["Key set", keys.name], ["Keys", keys.key_count.toLocaleString("en") +
      " " + keys.key_type + (keys.duplicate_count > 0 ? " (" +
      keys.duplicate_count.toLocaleString("en") + " duplicates dropped)" : "")],
    ["Values", results.value_bytes.toLocaleString("en") + " bytes"],
    ["What", keys.description],
    ["Source", keys.source],
    ["Per mix", results.seconds_per_mix + " s per map" +
      (results.repeats > 1 ? " in " + results.repeats + " races, median shown"
        : "")],
    ["Whole race", duration(results.wall_seconds * 1e9)]]);
  fillTerms("maps", results.maps.map((m) => [m.name, m.description]));
}

function offerThreads() {
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
}

const shootoutPart = {
  needs: "measurements",
  program: "shootout",
  prepare: offerThreads,
  show() {
    showHeadline();
    showTiles();
    showLegends();
    drawAdvantage();
    drawThroughput();
    drawLatency();
    drawMemory();
    showFigures();
    showRaceFacts();
  },
};
