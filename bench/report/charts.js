// SPDX-License-Identifier: Apache-2.0
//
// How charts look, and what Chart.js cannot do by itself.

let charts = [];

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

function clearCharts() {
  for (const chart of charts) chart.destroy();
  charts = [];
}
