import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import { every, now } from "./clock.ts";
import { followLab } from "./stream.ts";
import "../theme.css";
import { App } from "../view/app.tsx";
import { dashboard, version } from "../view/state.ts";

let due = false;

/** However much happens, the page is made anew at most once a frame. */
function changed(): void {
  if (due) return;
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
  changed();
});
void followLab(dashboard, changed);
