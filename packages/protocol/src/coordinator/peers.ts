import { migration, type PeerName } from "@nomad/backend";
import type { VLid } from "@nomad/base";
import type { AnswerOf, RequestOf } from "../message.ts";
import type { HostContext } from "./context.ts";
import type { Names } from "./names.ts";
import type { Reply } from "./reply.ts";

/** What holds the queue pairs of guests here that are connected to the moving guest. */
export const peerHolder = (move: string): string => `peer:${move}`;

/** This host's part in moves of guests that guests here are connected to. */
export class Peers {
  readonly #host: HostContext;
  readonly #names: Names;
  /** Tokens of the moves that hold queue pairs here: who has one may resume them. */
  readonly #tokens = new Map<string, string>();
  readonly #draining = new Map<string, () => void>();

  constructor(host: HostContext, names: Names) {
    this.#host = host;
    this.#names = names;
  }

  suspend(m: RequestOf<"SUSPEND_PEER">, reply: Reply): void {
    const holder = peerHolder(m.move);
    this.#tokens.set(m.move, m.token);
    migration.suspendPeers(this.#host.backend, m.vlid, holder, this.#host.now);
    const late = this.#host.timers.at(this.#host.now + m.budgetMs, () => {
      this.#draining.delete(holder);
      reply.refuse("E_DRAIN", `${this.#host.name} could not drain its guests' queue pairs in ${m.budgetMs} ms`);
    });
    const drained = () => {
      late();
      this.#draining.delete(holder);
      const cuts = migration.cutPeers(this.#host.backend, m.vlid, holder);
      reply.answer({ kind: "PEER_SUSPENDED", cuts, held: migration.heldTowards(this.#host.backend, m.vlid) });
    };
    if (this.#host.backend.hca.drained(holder)) drained();
    else this.#draining.set(holder, drained);
  }

  drained(holder: string): void {
    this.#draining.get(holder)?.();
  }

  resume(m: RequestOf<"RESUME_PEER">, reply: Reply): void {
    const token = this.#tokens.get(m.move);
    if (token !== undefined && token !== m.token)
      return reply.refuse("E_AUTH", `move ${m.move} is resumed by its token only`);
    this.#tokens.delete(m.move);
    this.#draining.delete(peerHolder(m.move));
    this.#names.located(m.vlid, m.host);
    const at = { move: peerHolder(m.move), epoch: m.epoch, dlid: m.dlid, names: m.names };
    const peers = migration.resumePeers(this.#host.backend, m.vlid, at, this.#host.now);
    reply.answer({ kind: "PEER_RESUMED", peers });
  }
}

/**
 * Tell each host with peers where the guest is now; `opened` is called with the guests that know it, `done` when all
 * hosts have answered or are known to be dead.
 */
export function resumePeersAt(
  host: HostContext,
  hosts: readonly string[],
  at: {
    readonly move: string;
    readonly vlid: VLid;
    readonly generation: number;
    readonly token: string;
    readonly epoch: number;
    readonly names: readonly PeerName[];
  },
  on: { readonly opened: (peers: readonly VLid[]) => void; readonly done: () => void },
): void {
  let waiting = hosts.length;
  const one = () => {
    waiting--;
    if (waiting === 0) on.done();
  };
  if (waiting === 0) return on.done();
  for (const to of hosts) {
    host.ask<AnswerOf<"PEER_RESUMED">>(
      to,
      { kind: "RESUME_PEER", ...at, names: [...at.names], dlid: host.lid, host: host.name },
      {
        timeoutMs: Number.POSITIVE_INFINITY,
        onAnswer: ({ peers }) => {
          on.opened(peers);
          one();
        },
        onFail: one,
      },
    );
  }
}
