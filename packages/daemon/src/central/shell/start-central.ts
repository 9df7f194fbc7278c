import { randomUUID } from "node:crypto";
import type { NomadError } from "@nomad/base";
import { listen, type TlsIdentity } from "@nomad/wire";
import { centralMetrics } from "../../metrics/central-metrics.ts";
import { withMetrics, withProcessMetrics } from "../../metrics/shell/serve-metrics.ts";
import { withHealth } from "../../shell/health.ts";
import { introduce } from "../../shell/hello.ts";
import { CentralProcess, type CentralProcessOptions } from "./central-process.ts";
import { httpApi } from "./http/api.ts";

export interface StartCentralOptions extends CentralProcessOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: Uint8Array;
  /** Every socket is encrypted; hosts need certificates of the lab's authority, too. */
  readonly tls?: TlsIdentity | undefined;
  /** The newest version of the protocol that it is to speak; the current one when absent. */
  readonly protocolVersion?: number;
  /** Directory of the dashboard's files; none without. */
  readonly dashboard?: string;
  /** For tests: kill this process when a move that it has planned itself has entered this phase. */
  readonly crashIn?: string;
}

export interface RunningCentral {
  readonly url: string;
  readonly port: number;
  /** Resolves when central cannot go on: its journal is full, broken or another central's. */
  readonly failed: Promise<NomadError>;
  close(): Promise<void>;
}

function crashIn(central: CentralProcess, phase: string): void {
  central.watch((event) => {
    const own = event.type === "move" && event.move.id.startsWith(`${central.core.generation}-`);
    // What was decided before in the same turn is on disk, what comes after it is not said any more. Moves that wait are
    // on no disk yet.
    if (own && event.move.phase === phase && event.move.place === 0) process.kill(process.pid, "SIGKILL");
  });
}

/** The central server: directory, sequencer, journal, HTTP API. Rejects with E_CONFIG when it cannot listen. */
export async function startCentral(o: StartCentralOptions): Promise<RunningCentral> {
  const { log, secret } = o;
  const central = new CentralProcess(o);
  if (o.crashIn !== undefined) crashIn(central, o.crashIn);
  const metrics = withProcessMetrics(centralMetrics(central.core, (watcher) => central.watch(watcher)));
  const onRefused = (error: NomadError, remote: string) => log.warn({ remote, code: error.code }, error.message);
  const server = await listen({
    host: o.host,
    port: o.port,
    secret,
    tls: o.tls,
    hello: introduce("central", "central", randomUUID(), {}, o.protocolVersion),
    kinds: ["control"],
    onSocket: (socket) => central.adopt(socket),
    onRefused,
    http: withHealth(
      () => true,
      withMetrics(() => metrics, { host: o.host, secret }, httpApi(central, o)),
    ),
  }).catch((error: unknown) => {
    central.close();
    throw error;
  });
  const url = `${o.tls === undefined ? "http" : "https"}://${o.host}:${server.port}`;
  log.info({ url, generation: central.core.generation }, "central is up");
  return {
    url,
    port: server.port,
    failed: central.failed,
    close: async () => {
      await server.close();
      central.close();
    },
  };
}
