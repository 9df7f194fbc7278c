import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";

const capPixels = 5;

/** Vertical lines from a lower to an upper value, each with a cap at both ends. */
export function whiskers(data: readonly (readonly [place: number, low: number, high: number])[], color: string) {
  return { type: "custom", silent: true, renderItem: drawWhisker(color), encode: { x: 0, y: [1, 2] }, data: [...data] };
}

function drawWhisker(color: string) {
  return (_params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
    const place = api.value(0);
    const [x, low] = api.coord([place, api.value(1)]) as [number, number];
    const [, high] = api.coord([place, api.value(2)]) as [number, number];
    const line = (x1: number, y1: number, x2: number, y2: number) =>
      ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: color, lineWidth: 1.5 } }) as const;
    const cap = (y: number) => line(x - capPixels, y, x + capPixels, y);
    return { type: "group", children: [line(x, low, x, high), cap(low), cap(high)] } as const;
  };
}
