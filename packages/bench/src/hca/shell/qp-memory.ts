// What an idle, connected queue pair takes of its process's memory besides its rings. Needs --expose-gc. It ends when its
// parent lets go of it.
import { randomBytes } from "node:crypto";
import { connectQp } from "@nomad/verbs";
import { openStandalone } from "@nomad/verbs/device";
import { idleQp, idleQueues } from "./idle-qp.ts";

/** Bytes of each queue pair. */
export interface QpMemory {
  readonly bytes: number;
}

const count = 4096;
const heapBytes = 64 * 2 ** 20;

const device = await openStandalone({ secret: randomBytes(32), heapBytes });
const queues = idleQueues(device);
/** Rings are in the heap that the adapter shares with its program, which was all allocated before. */
const used = (): number => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
connect(idleQp(queues));
const before = used();
const made = Array.from({ length: count }, () => idleQp(queues));
for (const qp of made) connect(qp);
const bytes = (used() - before) / made.length;
process.once("disconnect", () => process.exit());
process.send?.({ bytes } satisfies QpMemory);

/** To itself. */
function connect(qp: ReturnType<typeof idleQp>): void {
  connectQp(qp, { lid: device.lid, qpn: qp.qpn, psn: 0 }, 0);
}
