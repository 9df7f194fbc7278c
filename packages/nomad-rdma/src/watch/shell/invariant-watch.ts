import { setTimeout as sleep } from "node:timers/promises";
import type { Status } from "@nomad/protocol/http";
import type { LabClient } from "../../client/shell/lab-client.ts";
import { reportViolations, shareViolations, violations } from "../observation.ts";

/** Between two looks, ms. */
const pauseMs = 250;
/** How long a host may take to say what it has. */
const answerMs = 2000;

/**
 * Looks all the time whether what must always hold does, as far as it shows outside of the processes (`invariants`). A central
 * or a host that does not answer is looked at again later.
 */
export class InvariantWatch implements AsyncDisposable {
  readonly #violations = new Set<string>();
  #looks = 0;
  readonly #client: LabClient;
  readonly #end = new AbortController();
  readonly #done: Promise<void>;
  #sharesBefore: readonly string[] = [];

  /** @param onViolation called once for each */
  constructor(client: LabClient, onViolation: (what: string) => void = () => {}) {
    this.#client = client;
    this.#done = this.#watch(onViolation);
  }

  /** What was seen that must not be, each once; or that nothing could be seen at all. */
  get violations(): string[] {
    return this.#looks > 0 ? [...this.#violations] : ["expected to see whether the invariants hold, and never could"];
  }

  async #watch(onViolation: (what: string) => void): Promise<void> {
    while (!this.#end.signal.aborted) {
      for (const what of await this.#look().catch(() => [])) {
        if (!this.#violations.has(what)) onViolation(what);
        this.#violations.add(what);
      }
      await sleep(pauseMs, undefined, { signal: this.#end.signal }).catch(() => {});
    }
  }

  async #look(): Promise<string[]> {
    const before = await this.#client.status();
    const devices = await devicesOf(before);
    const after = await this.#client.status();
    const said = await Promise.all(after.guests.map(({ name }) => this.#client.report(name)));
    this.#looks++;
    const seen = { before, devices, after };
    const shares = shareViolations(seen);
    const again = shares.filter((what) => this.#sharesBefore.includes(what));
    this.#sharesBefore = shares;
    return [...again, ...violations(seen), ...said.flatMap((report) => (report ? reportViolations(report) : []))];
  }

  /** Looks no more; what it was looking at is still judged. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#done;
  }
}

async function devicesOf({ hosts }: Status): Promise<Map<string, number>> {
  const up = hosts.filter(({ state }) => state === "up");
  const counts = await Promise.all(up.map(async ({ name, url }) => [name, await devicesAt(url)] as const));
  return new Map(counts.filter(([, count]) => !Number.isNaN(count)));
}

/** Guests with a share of the adapter; NaN when the host does not say. */
async function devicesAt(url: string): Promise<number> {
  try {
    const address = `${url.replace(/^ws/, "http")}/metrics`;
    const text = await (await fetch(address, { signal: AbortSignal.timeout(answerMs) })).text();
    return Number(/^nomad_guest_devices (\d+)/m.exec(text)?.[1] ?? Number.NaN);
  } catch {
    return Number.NaN;
  }
}
