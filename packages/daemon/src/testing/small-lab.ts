import { fileURLToPath } from "node:url";
import { bearerToken, parsePartitions, type Status, status } from "@nomad/protocol/http";
import { pino } from "pino";
import { type RunningCentral, startCentral } from "../central/shell/start-central.ts";
import { type RunningHost, startHost } from "../host/shell/start-host.ts";

export const secret = new TextEncoder().encode("a secret of the tests, long enough");
const images = fileURLToPath(new URL("../../../guest/images", import.meta.url));
const log = pino({ level: "silent" });

/** Central and hosts in this process, on loopback sockets. */
export interface SmallLab extends AsyncDisposable {
  readonly central: RunningCentral;
  readonly hosts: readonly RunningHost[];
  request(path: string, init?: RequestInit): Promise<Response>;
  status(): Promise<Status>;
}

/** `partitions`: of its subnet, as `central --partition` takes them. */
export async function smallLab(hosts: number, ...partitions: readonly string[]): Promise<SmallLab> {
  await using undo = new AsyncDisposableStack();
  const where = { host: "127.0.0.1", port: 0, secret, log };
  const central = await startCentral({
    ...where,
    journal: ":memory:",
    version: "test",
    partitions: parsePartitions(partitions),
  });
  undo.defer(() => central.close());
  const running: RunningHost[] = [];
  for (let i = 0; i < hosts; i++) {
    const name = `host-${String.fromCharCode(97 + i)}`;
    const host = await startHost({ name, central: central.url, ...where, images, icrc: true, seed: i + 1 });
    undo.defer(() => host.close());
    running.push(host);
  }
  const authorization = `Bearer ${bearerToken(secret)}`;
  const request = (path: string, init: RequestInit = {}) =>
    fetch(`${central.url}${path}`, { ...init, headers: { authorization, ...init.headers } });
  const end = undo.move();
  return {
    central,
    hosts: running,
    request,
    status: async () => status.parse(await (await request("/v1/status")).json()),
    [Symbol.asyncDispose]: () => end.disposeAsync(),
  };
}

/** Waits until `read` gives something for which `holds` holds; with nothing else to do meanwhile. */
export async function eventually<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
  }
}
