// SPDX-License-Identifier: Apache-2.0
//
// What all parts of the report use: the results, elements, numbers as text.
//
// The scripts of this folder become one, in the order that the BUILD file says.

"use strict";
// The JSON of a program, see page.h. A part of the page is shown if its data is
// in there.
const results = JSON.parse(document.getElementById("results").textContent);
const HERO = "pma";
const byId = (id) => document.getElementById(id);

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

// Terms and what they mean, in a list of the page.
const fillTerms = (id, pairs) => byId(id).replaceChildren(...pairs.flatMap(
  ([term, text]) => [element("dt", {}, term), element("dd", {}, text)]));

const tile = (label, value, unit, note) => element(
  "div", {class: "card tile"}, element("span", {class: "label"}, label),
  element("b", {}, value, element("small", {}, unit)),
  element("span", {}, note));
