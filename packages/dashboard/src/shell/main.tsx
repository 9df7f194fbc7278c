import type { LabEvent } from "@nomad/protocol/http";
import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import { every, now } from "./clock.ts";
import { followLab } from "./stream.ts";
import "../theme.css";
import { App } from "../view/app.tsx";
import { dashboard, pulse, version } from "../view/state.ts";
import { noteMove } from "../view/watched.ts";

let due = false;

/**
 * However much happens, the page is made anew at most once a frame; and what programs report, which is most of it, is
 * shown as rates, with the next beat.
 */
function changed(event?: LabEvent, entered = false): void {
  if (event) noteMove(event, entered);
  if (due || event?.type === "report" || event?.type === "log") return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    version.value++;
  });
}

const place = document.getElementById("app");
if (place) render(<App />, place);
every(1000, () => {
  dashboard.sample(now());
  pulse.value++;
});
void followLab(dashboard, changed);
