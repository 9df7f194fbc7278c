import { BarChart, CustomChart, LineChart, ScatterChart } from "echarts/charts";
import {
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TitleComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Chart } from "./chart.ts";
import { optionsOf } from "./options.ts";
import { size } from "./theme.ts";

use([BarChart, CustomChart, LineChart, ScatterChart]);
use([GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TitleComponent, SVGRenderer]);

/** The chart as an SVG document that needs nothing else. */
export function renderSvg(chart: Chart): string {
  const drawing = init(null, null, { renderer: "svg", ssr: true, ...size });
  try {
    drawing.setOption(optionsOf(chart));
    const svg = drawing.renderToSVGString();
    return svg.replace("<svg ", `<svg role="img" aria-label="${attribute(chart.alt)}" `);
  } finally {
    drawing.dispose();
  }
}

const attribute = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
