import { migration } from "@nomad/backend";
import { limits } from "@nomad/base";
import type { RequestOf } from "../message.ts";
import type { HostContext } from "./context.ts";

type Told = RequestOf<"PRESETUP">["device"];

/**
 * Tells the destination what a guest has while it runs, a few queue pairs at a time, so that neither host is kept from its
 * packets for long. Nothing is lost when that fails: then all is told when the guest has stopped.
 */
export class Presetup {
  /** What the destination was told and has made; null until that is all, and when it has failed. */
  told: migration.Preview | null = null;
  readonly #host: HostContext;
  readonly #m: RequestOf<"PRECOPY">;
  readonly #giveUpAt: number;

  constructor(host: HostContext, m: RequestOf<"PRECOPY">) {
    this.#host = host;
    this.#m = m;
    this.#giveUpAt = host.now + m.budgetMs;
  }

  run(then: () => void): void {
    const { presetup, vlid } = this.#m;
    const device = this.#host.backend.devices.get(vlid);
    if (!presetup || !device) return then();
    const preview = new migration.Preview(this.#host.backend, device);
    const some = () => preview.next(limits.qpsPerMessageMax) as Told["qps"];
    const next = () => {
      if (!preview.isComplete && this.#host.backend.devices.has(vlid))
        return this.#ask({ kind: "PRESETUP_QPS", qps: some() }, next, then);
      this.told = preview;
      then();
    };
    this.#ask({ kind: "PRESETUP", device: { ...(preview.objects as Told), qps: some() } }, next, then);
  }

  #ask(
    what: Pick<RequestOf<"PRESETUP">, "kind" | "device"> | Pick<RequestOf<"PRESETUP_QPS">, "kind" | "qps">,
    onAnswer: () => void,
    onFail: () => void,
  ): void {
    const { move, vlid, generation, to } = this.#m;
    const timeoutMs = Math.max(0, this.#giveUpAt - this.#host.now);
    this.#host.ask(to, { ...what, move, vlid, generation }, { timeoutMs, onAnswer, onFail });
  }
}
