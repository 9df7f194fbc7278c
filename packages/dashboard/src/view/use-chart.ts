import type { ReadonlySignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type uPlot from "uplot";

export const chartHeight = 160;

/** How far apart the marks of an axis may be: bytes go by powers of two, time on the clock by what people count in, s. */
export const byteSteps: readonly number[] = Array.from({ length: 45 }, (_, power) => 2 ** power);
export const clockSteps: readonly number[] = [1, 2, 5, 10, 15, 30, 60];
/** The height of an axis of time below a chart, pixels. */
export const timeAxisHeight = 30;

/** The colours of the page as it is now. */
export function colours(element: HTMLElement) {
  const style = getComputedStyle(element);
  const named = (name: string) => style.getPropertyValue(name);
  return {
    dim: named("--dim"),
    edge: named("--edge"),
    line: named("--line"),
    fill: named("--fill"),
    still: named("--still"),
  };
}

/** Keeps a chart in `place` for as long as it is shown: as wide as that, in the colours of the theme, renewed by `on`. */
export function useChart(
  place: RefObject<HTMLElement | null>,
  make: (element: HTMLElement) => uPlot,
  show: (chart: uPlot) => void,
  on: ReadonlySignal<unknown>,
): void {
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let chart = make(element);
    const unwatch = on.subscribe(() => show(chart));
    // Its colours are those of the theme when it was made.
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const anew = () => {
      chart.destroy();
      chart = make(element);
      show(chart);
    };
    dark.addEventListener("change", anew);
    const sizes = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: chartHeight }));
    sizes.observe(element);
    return () => {
      unwatch();
      dark.removeEventListener("change", anew);
      sizes.disconnect();
      chart.destroy();
    };
  }, []);
}
