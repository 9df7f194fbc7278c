import { useRef } from "preact/hooks";
import uPlot from "uplot";
import { rate } from "../model/format.ts";
import { secondsShown } from "../model/series.ts";
import { timeOfDay } from "../shell/clock.ts";
import { dashboard, pulse } from "./state.ts";
import { byteSteps, chartHeight, clockSteps, colours, timeAxisHeight, useChart } from "./use-chart.ts";

function makeChart(element: HTMLElement): uPlot {
  const { dim, edge, line, fill } = colours(element);
  const axis = { stroke: dim, grid: { stroke: edge, width: 1 } };
  return new uPlot(
    {
      width: element.clientWidth,
      height: chartHeight,
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: (_chart, _low, high) => [0, Math.max(high, 1024)] } },
      axes: [
        {
          ...axis,
          size: timeAxisHeight,
          space: 90,
          incrs: [...clockSteps],
          values: (_chart, ticks) => ticks.map(timeOfDay),
        },
        { ...axis, size: 80, incrs: [...byteSteps], values: (_chart, ticks) => ticks.map((tick) => rate(tick)) },
      ],
      series: [{}, { stroke: line, width: 2, fill, points: { show: false } }],
    },
    [[], []],
    element,
  );
}

/** What all programs together have sent in the last minutes. A pause of a move shows as a notch. */
export function Throughput() {
  const place = useRef<HTMLDivElement>(null);
  const show = (chart: uPlot) => chart.setData([dashboard.throughput.times, dashboard.throughput.values]);
  useChart(place, makeChart, show, pulse);
  return (
    <section class="card">
      <h2>Traffic, last {secondsShown / 60} minutes</h2>
      <div ref={place} />
    </section>
  );
}
