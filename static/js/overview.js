// The overview's charts: calls by day and by hour, a column for each, stacked by outcome.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { t } from "./i18n.js";
import { keepFresh } from "./refresh.js";

const LAYERS = [
  { name: "answered", colour: "--chart-answered", title: () => t("Answered") },
  { name: "lost", colour: "--chart-lost", title: () => t("Lost") },
  { name: "closed", colour: "--chart-closed", title: () => t("Out of hours") },
];
const HEIGHT = 214;

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Columns of uPlot: places, then each layer on top of those below it, the topmost first so that it lies behind. */
export function stacked(series) {
  const places = series.labels.map((_, place) => place);
  const heights = LAYERS.map((_, upTo) =>
    places.map((place) => LAYERS.slice(0, upTo + 1).reduce((sum, layer) => sum + series[layer.name][place], 0)),
  );
  return [places, ...heights.reverse()];
}

class Chart {
  constructor(frame, readout, series) {
    this.frame = frame;
    this.readout = readout;
    this.hint = readout.textContent;
    this.series = series;
    this.draw();
    new ResizeObserver(() => this.fit()).observe(frame);
  }

  get width() {
    const style = getComputedStyle(this.frame);
    return Math.max(200, this.frame.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
  }

  draw() {
    this.plot?.destroy();
    this.plot = new uPlot(this.options(), stacked(this.series), this.frame);
  }

  fit() {
    if (Math.abs(this.plot.width - this.width) > 1) this.plot.setSize({ width: this.width, height: HEIGHT });
  }

  update(series) {
    if (JSON.stringify(series) === JSON.stringify(this.series)) return;
    this.series = series;
    this.plot.setData(stacked(series));
  }

  options() {
    const axis = {
      stroke: token("--text-soft"),
      font: `12px ${token("--font")}`,
      ticks: { show: false },
      grid: { show: false },
    };
    const bars = uPlot.paths.bars({ size: [0.68, 44], radius: 0.12 });
    const layer = ({ colour, title }) => ({ label: title(), fill: token(colour), width: 0, paths: bars, points: { show: false } });
    return {
      width: this.width,
      height: HEIGHT,
      padding: [8, 22, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      legend: { show: false },
      scales: {
        x: { time: false, range: (_plot, _min, _max) => [-0.6, this.series.labels.length - 0.4] },
        y: { range: (_plot, _min, max) => [0, Math.max(4, Math.ceil((max ?? 0) * 1.1))] },
      },
      axes: [
        {
          ...axis,
          splits: () => this.places(),
          values: (_plot, places) => places.map((place) => this.series.labels[place] ?? ""),
          size: 30,
        },
        {
          ...axis,
          grid: { show: true, stroke: token("--line"), width: 1 },
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
          size: 44,
        },
      ],
      series: [{}, ...[...LAYERS].reverse().map(layer)],
      hooks: { setCursor: [(plot) => this.tell(plot.cursor.idx)] },
    };
  }

  /** The places that are labelled: as many as fit beside each other. */
  places() {
    const count = this.series.labels.length;
    const longest = Math.max(...this.series.labels.map((label) => label.length));
    const step = Math.max(1, Math.ceil((count * (longest * 7.5 + 14)) / Math.max(1, this.width - 52)));
    return [...Array(count).keys()].filter((place) => (count - 1 - place) % step === 0);
  }

  tell(place) {
    if (place === null || place === undefined || this.series.labels[place] === undefined) {
      this.readout.textContent = this.hint;
      return;
    }
    const parts = LAYERS.map((layer) => `${layer.title()} ${this.series[layer.name][place]}`);
    this.readout.textContent = `${this.series.labels[place]}: ${parts.join(", ")}`;
  }
}

const seriesIn = (root) => JSON.parse(root.querySelector("#chart-data").textContent);

const charts = {};
for (const [kind, series] of Object.entries(seriesIn(document))) {
  const frame = document.querySelector(`[data-chart="${kind}"]`);
  if (series && frame) charts[kind] = new Chart(frame, document.querySelector(`[data-readout="${kind}"]`), series);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of Object.values(charts)) chart.draw();
});

keepFresh(document.getElementById("overview"), (fresh) => {
  for (const [kind, series] of Object.entries(seriesIn(fresh))) charts[kind]?.update(series);
});
