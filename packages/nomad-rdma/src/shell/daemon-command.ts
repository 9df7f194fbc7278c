import type { Cli, Globals } from "../cli.ts";
import type { ReadyLine } from "../lab/ready-line.ts";
import { liveUntilAsked, type Running } from "./daemon-life.ts";

/** A daemon that has started. */
interface Started extends Running {
  readonly url: string;
}

/** Prints that a daemon is ready, runs it until it is asked to end, and closes it. */
export async function runDaemon(
  cli: Cli,
  globals: Globals,
  o: { role: ReadyLine["role"]; name: string; exitWithParent: boolean; start: () => Promise<Started> },
): Promise<undefined> {
  const daemon = await o.start();
  const ready: ReadyLine = { ready: true, role: o.role, name: o.name, url: daemon.url, pid: process.pid };
  cli.print({ ok: true, json: ready, text: `${o.name} is ready at ${daemon.url}` }, globals);
  await liveUntilAsked(daemon, o.exitWithParent);
  return undefined;
}
