import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type Line, linesOf } from "../model/lines.ts";
import { carried, dashboard, pulse, version } from "./state.ts";

/** What lies below a line can still be seen. */
const lineAlpha = 0.7;

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Where hosts and guests are shown, in the area's own pixels. */
function placesIn(area: HTMLElement): Map<string, Place> {
  const { left, top } = area.getBoundingClientRect();
  const places = new Map<string, Place>();
  for (const shown of area.querySelectorAll<HTMLElement>("[data-guest], [data-host]")) {
    const { guest, host } = shown.dataset;
    const box = shown.getBoundingClientRect();
    const place = { x: box.left - left + box.width / 2, y: box.top - top + box.height / 2 };
    places.set(guest === undefined ? `host ${host}` : `guest ${guest}`, place);
  }
  return places;
}

/** Bent, so that the lines of neighbours can be told apart: the point that pulls the middle of the line. */
function bendOf(a: Place, b: Place): Place {
  return { x: (a.x + b.x) / 2 + (b.y - a.y) / 8, y: (a.y + b.y) / 2 - (b.x - a.x) / 8 };
}

/** The lines, gathered by how they are drawn: one stroke for each kind. */
function pathsOf(lines: readonly Line[], places: ReadonlyMap<string, Place>): Map<string, Path2D> {
  const paths = new Map<string, Path2D>();
  for (const { from, to, broken, width } of lines) {
    const [a, b] = [places.get(from), places.get(to)];
    if (!a || !b) continue;
    const kind = `${broken ? "--bad" : "--line"} ${width}`;
    const path = paths.get(kind) ?? new Path2D();
    paths.set(kind, path);
    path.moveTo(a.x, a.y);
    const bend = bendOf(a, b);
    path.quadraticCurveTo(bend.x, bend.y, b.x, b.y);
  }
  return paths;
}

/** On the middle of each line, which is left out below. */
function drawLabels(
  context: CanvasRenderingContext2D,
  lines: readonly Line[],
  places: ReadonlyMap<string, Place>,
): void {
  const style = getComputedStyle(context.canvas);
  context.font = `12px ${style.fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { from, to, label, broken } of lines) {
    const [a, b] = [places.get(from), places.get(to)];
    if (!a || !b || label === "") continue;
    const bend = bendOf(a, b);
    const { width } = context.measureText(label);
    const [least, most] = [width / 2 + 4, context.canvas.clientWidth - width / 2 - 4];
    const x = Math.max(least, Math.min(most, (a.x + 2 * bend.x + b.x) / 4));
    const y = (a.y + 2 * bend.y + b.y) / 4;
    context.fillStyle = style.getPropertyValue("--card");
    context.fillRect(x - width / 2 - 4, y - 8, width + 8, 16);
    context.fillStyle = style.getPropertyValue(broken ? "--bad" : "--ink");
    context.fillText(label, x, y);
  }
}

function draw(canvas: HTMLCanvasElement, area: HTMLElement, lines: readonly Line[]): void {
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
  context.globalAlpha = lineAlpha;
  for (const [kind, path] of pathsOf(lines, places)) {
    const [color = "", width] = kind.split(" ");
    context.strokeStyle = style.getPropertyValue(color);
    context.lineWidth = Number(width);
    context.stroke(path);
  }
  context.globalAlpha = 1;
  drawLabels(context, lines, places);
}

function present(): Line[] {
  const { view, rates } = dashboard;
  const moving = [...view.guests.values()].filter(({ state }) => state === "moving").map(({ name }) => name);
  const singled = new Set(carried.value === null ? moving : [...moving, carried.value]);
  return linesOf(rates.connections.values(), (guest) => view.guests.get(guest)?.host, singled);
}

/** All that the picture depends on but the page's size: while it stays, nothing need be drawn again, which is dear. */
function appearance(lines: readonly Line[]): string {
  const guests = [...dashboard.view.guests.values()].map(({ name, host, state }) => `${name} ${host} ${state}`);
  return [...guests, ...lines.map((line) => Object.values(line).join(" "))].join();
}

/** The connections as lines over the area, drawn at most once a frame. */
export function Connections({ area }: { readonly area: RefObject<HTMLElement | null> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let due = 0;
    let drawn = "";
    const redraw = () => {
      due ||= requestAnimationFrame(() => {
        due = 0;
        if (canvas.current && area.current) draw(canvas.current, area.current, present());
      });
    };
    const changed = () => {
      const now = appearance(present());
      if (now !== drawn) redraw();
      drawn = now;
    };
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", redraw);
    const unwatch = [version, pulse, carried].map((signal) => signal.subscribe(changed));
    const sizes = new ResizeObserver(redraw);
    if (area.current) sizes.observe(area.current);
    return () => {
      for (const end of unwatch) end();
      dark.removeEventListener("change", redraw);
      sizes.disconnect();
      cancelAnimationFrame(due);
    };
  }, [area]);
  return <canvas class="connections" ref={canvas} />;
}
