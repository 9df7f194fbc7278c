import type { Lid, Qpn, VLid } from "@nomad/base";
import type { DatagramSource } from "@nomad/hca";
import type { RemoteName } from "./device.ts";

/** So many senders are remembered, and so many of this host's own numbers that are not in use any more. */
const sendersMax = 65_536;
const formerMax = 4096;

/**
 * Whose queue pair a datagram comes from: ports and numbers are an adapter's own, and a program is told names that do not
 * change. A number is not soon given again, so that an answer stays true, even after the queue pair has gone.
 */
export class Senders {
  readonly #known = new Map<string, RemoteName>();
  readonly #asked = new Set<string>();
  readonly #former = new Map<Qpn, RemoteName>();

  /** The name of a sender at another port; `ask` is called if that is not known, and nobody has asked. */
  find(slid: Lid, qpn: Qpn, ask: () => void): RemoteName | "pending" {
    const key = `${slid}:${qpn}`;
    const name = this.#known.get(key);
    if (name) return name;
    if (this.#asked.has(key)) return "pending";
    this.#asked.add(key);
    ask();
    return "pending";
  }

  /** The answer; null when nobody has that number, or nobody can be asked: it is asked again when more comes. */
  learn(slid: Lid, qpn: Qpn, name: RemoteName | null): void {
    const key = `${slid}:${qpn}`;
    this.#asked.delete(key);
    if (this.#known.size >= sendersMax) this.#known.clear();
    if (name) this.#known.set(key, name);
  }

  /** Another incarnation has this LID: its numbers are new. */
  forgetPort(slid: Lid): void {
    for (const key of this.#known.keys()) if (key.startsWith(`${slid}:`)) this.#known.delete(key);
  }

  /** A queue pair of this host gives up its number; what it has sent may still be under way. */
  retire(qpn: Qpn, name: RemoteName): void {
    this.#former.set(qpn, name);
    if (this.#former.size > formerMax) this.#former.delete(this.#former.keys().next().value as Qpn);
  }

  former(qpn: Qpn): RemoteName | undefined {
    return this.#former.get(qpn);
  }
}

export function sourceOf(sender: RemoteName, receiver: VLid): DatagramSource {
  return { lid: sender.vlid, qpn: sender.vqpn, dlid: receiver };
}
