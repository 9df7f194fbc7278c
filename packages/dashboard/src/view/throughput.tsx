import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { rate } from "../model/format.ts";
import { secondsShown } from "../model/series.ts";
import { timeOfDay } from "../shell/clock.ts";
import { dashboard, pulse } from "./state.ts";

const height = 160;

function makeChart(element: HTMLElement): uPlot {
  const style = getComputedStyle(element);
  const [ink, line] = [style.getPropertyValue("--dim"), style.getPropertyValue("--line")];
  const axis = { stroke: ink, grid: { stroke: style.getPropertyValue("--edge"), width: 1 } };
  return new uPlot(
    {
      width: element.clientWidth,
      height,
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: (_chart, _low, high) => [0, Math.max(high, 1024)] } },
      axes: [
        { ...axis, space: 90, values: (_chart, ticks) => ticks.map(timeOfDay) },
        { ...axis, size: 80, values: (_chart, ticks) => ticks.map((tick) => rate(tick)) },
      ],
      series: [{}, { stroke: line, width: 2, fill: style.getPropertyValue("--fill"), points: { show: false } }],
    },
    [[], []],
    element,
  );
}

/** What all programs together have sent in the last minutes. A pause of a move shows as a notch. */
export function Throughput() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let chart = makeChart(element);
    const show = () => {
      const { times, values } = dashboard.throughput;
      chart.setData([times, values]);
    };
    const unwatch = pulse.subscribe(show);
    // Its colours are those of the theme when it was made.
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const anew = () => {
      chart.destroy();
      chart = makeChart(element);
      show();
    };
    dark.addEventListener("change", anew);
    const sizes = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    sizes.observe(element);
    return () => {
      unwatch();
      dark.removeEventListener("change", anew);
      sizes.disconnect();
      chart.destroy();
    };
  }, []);
  return (
    <section class="card">
      <h2>Traffic, last {secondsShown / 60} minutes</h2>
      <div ref={place} />
    </section>
  );
}
