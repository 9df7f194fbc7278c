import type { EChartsCoreOption } from "echarts/core";
import type { BarChart, Chart, LineChart, StackChart, TimeChart } from "./chart.ts";
import { axisLook, frame, markLine, nameAxis, palette, valueAxis } from "./theme.ts";
import { whiskers } from "./whiskers.ts";

/** A chart as ECharts wants to be told of it. */
export function optionsOf(chart: Chart): EChartsCoreOption {
  switch (chart.kind) {
    case "line":
      return lineOptions(chart);
    case "stack":
      return stackOptions(chart);
    case "bar":
      return barOptions(chart);
    case "time":
      return timeOptions(chart);
  }
}

function lineOptions({ title, x, y, series, mark }: LineChart): EChartsCoreOption {
  const places = [...new Set(series.flatMap(({ points }) => points.map((point) => point.x)))].sort((a, b) => a - b);
  const lines = series.map(({ name, points }, i) => ({
    type: "line",
    name,
    symbolSize: 7,
    data: points.map((point) => [places.indexOf(point.x), point.y]),
    ...(i === 0 && markLine(mark)),
  }));
  const spreads = series.map(({ points }, i) =>
    whiskers(
      points.map((point) => [places.indexOf(point.x), point.low, point.high]),
      palette[i % palette.length] as string,
    ),
  );
  return {
    ...frame(title, series.length > 1),
    xAxis: nameAxis(
      places.map((place) => place.toLocaleString("en")),
      x.title,
    ),
    yAxis: valueAxis(y),
    series: [...lines, ...spreads],
  };
}

function stackOptions({ title, y, bars, parts }: StackChart): EChartsCoreOption {
  const series = parts.map(({ name, values }) => ({
    type: "bar",
    name,
    stack: "all",
    barMaxWidth: 60,
    data: [...values],
  }));
  return { ...frame(title, true), xAxis: nameAxis(bars), yAxis: valueAxis(y), series };
}

function barOptions({ title, y, groups, series, mark }: BarChart): EChartsCoreOption {
  const bars = series.map(({ name, values }, i) => ({
    type: "bar",
    name,
    barMaxWidth: 28,
    data: [...values],
    ...(i === 0 && markLine(mark)),
  }));
  return { ...frame(title, series.length > 1), xAxis: nameAxis(groups), yAxis: valueAxis(y), series: bars };
}

/** Of the names of spans, px. */
const spanNameLine = 16;

function timeOptions({ title, x, y, series, spans }: TimeChart): EChartsCoreOption {
  // Names of short spans side by side must not meet: each stands a line lower than the one before.
  const areas = spans.map((span, i) => [
    { name: span.title, xAxis: span.from, label: { distance: 4 + i * spanNameLine } },
    { xAxis: span.to },
  ]);
  const label = { color: "#24292f", position: "insideTop" };
  const markArea = { silent: true, itemStyle: { color: "#56b4e940" }, label, data: areas };
  const dots = series.map(({ name, points }, i) => ({
    type: "scatter",
    name,
    symbolSize: 4,
    data: points.map((point) => [...point]),
    ...(i === 0 && { markArea }),
  }));
  return {
    ...frame(title, series.length > 1),
    xAxis: {
      type: "value",
      name: x.title,
      nameLocation: "middle",
      nameGap: 32,
      ...axisLook,
      splitLine: { show: false },
    },
    yAxis: valueAxis(y),
    series: dots,
  };
}
