import type { EChartsCoreOption } from "echarts/core";
import type { Axis } from "./chart.ts";

/** Colours that people with any kind of sight tell apart (Okabe and Ito, 2008), the readable ones first. */
export const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#595959"] as const;

const ink = "#24292f";
const faint = "#d0d7de";
const text = { color: ink, fontFamily: "sans-serif", fontSize: 12 } as const;

export const size = { width: 760, height: 380 } as const;

/** What all charts have in common: nothing moves, and the ground is white wherever they are shown. */
export function frame(title: string, legend: boolean): EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: "#ffffff",
    color: [...palette],
    textStyle: text,
    title: { text: title, left: 12, top: 8, textStyle: { ...text, fontSize: 14, fontWeight: "bold" } },
    grid: { left: 72, right: 24, top: legend ? 72 : 48, bottom: 56 },
    ...(legend && { legend: { top: 34, left: 12, icon: "roundRect", itemWidth: 14, itemGap: 18, textStyle: text } }),
  };
}

/** The axis of what is measured. */
export function valueAxis({ title, log = false, fits = false }: Axis) {
  return {
    type: log ? "log" : "value",
    scale: fits,
    name: title,
    nameLocation: "middle",
    nameGap: 52,
    ...axisLook,
    splitLine: { lineStyle: { color: faint } },
  } as const;
}

/** As many fit beside each other. */
const namesMax = 7;

/** The axis of names. */
export function nameAxis(names: readonly string[], title = "") {
  // Every name is shown; many are written aslant.
  const axisLabel = {
    ...axisLook.axisLabel,
    hideOverlap: false,
    interval: 0,
    rotate: names.length > namesMax ? 30 : 0,
  };
  return {
    type: "category",
    data: [...names],
    name: title,
    nameLocation: "middle",
    nameGap: 32,
    ...axisLook,
    axisLabel,
  } as const;
}

export const axisLook = {
  nameTextStyle: text,
  axisLabel: { ...text, hideOverlap: true },
  axisLine: { onZero: false, lineStyle: { color: ink } },
} as const;

/** A line across, with what it stands for. */
export function markLine(mark: { readonly y: number; readonly title: string } | undefined) {
  if (!mark) return {};
  const label = { formatter: mark.title, position: "insideEndTop", ...text };
  const lineStyle = { color: ink, type: "dashed" };
  return { markLine: { silent: true, symbol: "none", data: [{ yAxis: mark.y }], label, lineStyle } } as const;
}
