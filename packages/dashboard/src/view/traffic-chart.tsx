import type { ReadonlySignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import uPlot from "uplot";
import { duration, rate } from "../model/format.ts";
import type { ChartedTraffic } from "../model/move-traffic.ts";
import { byteSteps, chartHeight, colours, timeAxisHeight, useChart } from "./use-chart.ts";

/** Behind the lines, the time in which the guest stood still. */
function drawPause(chart: uPlot, pause: ChartedTraffic["pause"], colour: string): void {
  if (!pause) return;
  const [from, to] = pause.map((ms) => chart.valToPos(ms, "x", true)) as [number, number];
  const { context, box } = { context: chart.ctx, box: chart.bbox };
  context.save();
  context.fillStyle = colour;
  context.globalAlpha = 0.35;
  context.fillRect(from, box.top, Math.max(1, to - from), box.height);
  context.restore();
}

function makeChart(element: HTMLElement, read: () => ChartedTraffic): uPlot {
  const { dim, edge, line, fill, still } = colours(element);
  const axis = { stroke: dim, grid: { stroke: edge, width: 1 } };
  return new uPlot(
    {
      width: element.clientWidth,
      height: chartHeight,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false },
        y: { range: (_chart, _low, high) => [0, Math.max(high, 1024)] },
        ms: { range: (_chart, _low, high) => [0, Math.max(high, 1)] },
      },
      axes: [
        { ...axis, size: timeAxisHeight, values: (_chart, ticks) => ticks.map(duration) },
        { ...axis, size: 80, incrs: [...byteSteps], values: (_chart, ticks) => ticks.map(rate) },
        {
          ...axis,
          scale: "ms",
          side: 1,
          size: 70,
          grid: { show: false },
          values: (_chart, ticks) => ticks.map(duration),
        },
      ],
      series: [
        {},
        { stroke: line, width: 1, fill, points: { show: false } },
        { scale: "ms", stroke: still, paths: () => null, points: { show: true, size: 4, fill: still } },
      ],
      hooks: { drawClear: [(chart) => drawPause(chart, read().pause, still)] },
    },
    [[], [], []],
    element,
  );
}

interface Drawn {
  readonly read: () => ChartedTraffic;
  /** Tells when there is more to read. */
  readonly on: ReadonlySignal<unknown>;
}

/** A guest's throughput (line) and the round trips of its requests (dots). */
export function TrafficChart({ read, on }: Drawn) {
  const place = useRef<HTMLDivElement>(null);
  const show = (chart: uPlot) => {
    const { times, bytesPerSecond, roundTripMs } = read();
    chart.setData([[...times], [...bytesPerSecond], [...roundTripMs]]);
  };
  useChart(place, (element) => makeChart(element, read), show, on);
  return <div ref={place} class="traffic-chart" role="img" aria-label="Throughput and round trips" />;
}
