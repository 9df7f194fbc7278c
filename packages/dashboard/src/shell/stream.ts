import type { LabEvent } from "@nomad/protocol/http";
import { routes } from "@nomad/protocol/http/routes";
import type { Dashboard } from "../model/dashboard.ts";

type Changed = (event?: LabEvent, entered?: boolean) => void;

const againMs = 1_000;
/** Central says something at least every ten seconds, if only a blank line. */
const silentMs = 25_000;

/** The lines of a body as they come. Blank ones keep an idle stream alive: `heard` is called for these, too. */
async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>, heard: () => void): AsyncGenerator<string> {
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    heard();
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
}

async function readOnce(dashboard: Dashboard, changed: Changed): Promise<void> {
  const leave = new AbortController();
  let timer = setTimeout(() => leave.abort(), silentMs);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => leave.abort(), silentMs);
  };
  const response = await fetch(routes.events.path, { signal: leave.signal });
  if (response.status === 401 || response.status === 403) {
    dashboard.presence = "refused";
    return changed();
  }
  if (!response.ok || !response.body) throw new Error(`central answers ${response.status}`);
  dashboard.begin();
  changed();
  for await (const line of linesOf(response.body, heard)) {
    const event = JSON.parse(line) as LabEvent;
    changed(event, dashboard.take(event, Date.now()));
  }
  throw new Error("central has gone");
}

/**
 * Follows the lab for ever: where central goes, we wait until it is back. `changed` is called after everything that
 * changes, with the event that told of it if one did, and whether a move has entered another phase.
 */
export async function followLab(dashboard: Dashboard, changed: Changed): Promise<never> {
  for (;;) {
    await readOnce(dashboard, changed).catch(() => {
      dashboard.presence = "gone";
      changed();
    });
    await new Promise((resolve) => setTimeout(resolve, againMs));
  }
}
