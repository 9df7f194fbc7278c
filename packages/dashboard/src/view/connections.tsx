import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Connection } from "../model/rates.ts";
import { dashboard, version } from "./state.ts";

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Where the guests are shown, in the area's own pixels. */
function placesIn(area: HTMLElement): Map<string, Place> {
  const { left, top } = area.getBoundingClientRect();
  const places = new Map<string, Place>();
  for (const chip of area.querySelectorAll<HTMLElement>("[data-guest]")) {
    const box = chip.getBoundingClientRect();
    const place = { x: box.left - left + box.width / 2, y: box.top - top + box.height / 2 };
    places.set(chip.dataset.guest ?? "", place);
  }
  return places;
}

/** The busier, the wider: 1 to 5 pixels from nothing to a GB/s. */
const widthOf = ({ bytesPerSecond }: Connection): number => 1 + Math.min(4, Math.log10(1 + bytesPerSecond) / 2.25);

function draw(canvas: HTMLCanvasElement, area: HTMLElement, connections: Iterable<Connection>): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const { clientWidth, clientHeight } = area;
  const scale = devicePixelRatio;
  if (canvas.width !== clientWidth * scale || canvas.height !== clientHeight * scale) {
    canvas.width = clientWidth * scale;
    canvas.height = clientHeight * scale;
  }
  const style = getComputedStyle(canvas);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, clientWidth, clientHeight);
  const places = placesIn(area);
  for (const connection of connections) {
    const [a, b] = [places.get(connection.a), places.get(connection.b)];
    if (!a || !b) continue;
    context.strokeStyle = style.getPropertyValue(connection.status === "ok" ? "--line" : "--bad");
    context.lineWidth = widthOf(connection);
    context.beginPath();
    context.moveTo(a.x, a.y);
    // Bent, so that the lines of neighbours can be told apart.
    context.quadraticCurveTo((a.x + b.x) / 2 + (b.y - a.y) / 8, (a.y + b.y) / 2 - (b.x - a.x) / 8, b.x, b.y);
    context.stroke();
  }
}

/** The connections as lines over the area, drawn at most once a frame. */
export function Connections({ area }: { readonly area: RefObject<HTMLElement | null> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let due = 0;
    const redraw = () => {
      due ||= requestAnimationFrame(() => {
        due = 0;
        if (canvas.current && area.current) draw(canvas.current, area.current, dashboard.rates.connections.values());
      });
    };
    const unwatch = version.subscribe(redraw);
    const sizes = new ResizeObserver(redraw);
    if (area.current) sizes.observe(area.current);
    return () => {
      unwatch();
      sizes.disconnect();
      cancelAnimationFrame(due);
    };
  }, [area]);
  return <canvas class="connections" ref={canvas} />;
}
