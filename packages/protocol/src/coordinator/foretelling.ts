import type { Device, PeerName } from "@nomad/backend";
import type { Lid, VQpn } from "@nomad/base";
import type { RequestOf } from "../message.ts";
import type { Outstanding } from "../requests.ts";
import { type HostContext, ignore } from "./context.ts";

/** What a peer's host is told when the guest runs; `foretold`: the other numbers are those that it has been told before. */
export interface ToTell {
  readonly names: readonly PeerName[];
  readonly foretold?: true;
}

interface Made {
  readonly vqpn: VQpn;
  readonly snapshot: { readonly attributes: { readonly dlid: Lid } };
}

/** A destination's part in telling peers' hosts, while a guest is copied, the numbers that its queue pairs will have. */
export class Foretelling {
  readonly #host: HostContext;
  readonly #m: RequestOf<"PREPARE">;
  /** By host: what it has taken note of. */
  readonly #noted = new Map<string, Map<VQpn, number>>();
  readonly #asked = new Map<string, Outstanding[]>();

  constructor(host: HostContext, m: RequestOf<"PREPARE">) {
    this.#host = host;
    this.#m = m;
  }

  /** Tell each host that has the other end of these queue pairs of the device, which were made just now. */
  tell(device: Device, made: readonly Made[]): void {
    const byLid = Map.groupBy(made, ({ snapshot }) => snapshot.attributes.dlid);
    for (const { name, lid, lost } of this.#host.hosts.values()) {
      const names = (byLid.get(lid) ?? []).flatMap(({ vqpn }): [VQpn, PeerName["qpn"]][] => {
        const qpn = device.qps.get(vqpn)?.qpn;
        return qpn === undefined ? [] : [[vqpn, qpn]];
      });
      if (names.length > 0 && !lost) this.#tellHost(name, names);
    }
  }

  #tellHost(to: string, names: [VQpn, PeerName["qpn"]][]): void {
    const { move, vlid, generation } = this.#m;
    const noted = () => {
      const known = this.#noted.get(to) ?? new Map<VQpn, number>();
      for (const [vqpn, qpn] of names) known.set(vqpn, qpn);
      this.#noted.set(to, known);
    };
    const o = { timeoutMs: this.#host.timings.controlRequestMs, onAnswer: noted, onFail: ignore };
    const asked = this.#host.ask(to, { kind: "FORETELL", move, vlid, generation, names }, o);
    this.#asked.set(to, [...(this.#asked.get(to) ?? []), asked]);
  }

  /**
   * What a host still has to be told of the device, which runs now: numbers that it has not noted, of queue pairs that are
   * connected to it, or (datagrams) to nobody. Nothing more is foretold it.
   */
  left(to: string, device: Device, names: readonly PeerName[]): ToTell {
    for (const asked of this.#asked.get(to) ?? []) asked.cancel();
    const noted = this.#noted.get(to);
    if (!noted) return { names };
    const isNews = ({ vqpn, qpn, resume }: PeerName) => resume !== null || noted.get(vqpn) !== qpn;
    const lid = this.#host.hosts.get(to)?.lid;
    const concerns = ({ vqpn, qpn }: PeerName) =>
      !device.qps.get(vqpn)?.remote || this.#host.backend.hca.queryQp(qpn).dlid === lid;
    return { names: names.filter((name) => isNews(name) && concerns(name)), foretold: true };
  }

  /** Nothing comes of it. */
  withdraw(): void {
    const { move, vlid, generation } = this.#m;
    const o = { timeoutMs: this.#host.timings.controlRequestMs, onAnswer: ignore, onFail: ignore };
    for (const [to, asked] of this.#asked) {
      for (const one of asked) one.cancel();
      this.#host.ask(to, { kind: "FORETELL", move, vlid, generation, names: null }, o);
    }
    this.#asked.clear();
  }
}
