import { migration, type PeerName } from "@nomad/backend";
import { type Cancel, type NomadError, planted, type VLid } from "@nomad/base";
import { roleOf } from "../authority.ts";
import type { AnswerOf, RequestOf } from "../message.ts";
import type { HostContext } from "./context.ts";
import type { ToTell } from "./foretelling.ts";
import { Foretold } from "./foretold.ts";
import type { Names } from "./names.ts";
import type { Reply } from "./reply.ts";

/** What holds the queue pairs of guests here that are connected to the moving guest. */
export const peerHolder = (move: string): string => `peer:${move}`;

/** A move that holds queue pairs here. */
interface Hold {
  readonly m: RequestOf<"SUSPEND_PEER">;
  cancelInquiry: Cancel;
  drained: (() => void) | null;
}

type Resume = NonNullable<AnswerOf<"OUTCOME">["resume"]>;

/** So many ended moves are remembered. */
const rememberedMax = 1024;

/** This host's part in moves of guests that guests here are connected to. */
export class Peers {
  readonly #host: HostContext;
  readonly #names: Names;
  readonly #holds = new Map<string, Hold>();
  /** Moves whose destination is dead for good: what it says of them does not count any more. */
  readonly #fenced = new Set<string>();
  /** Moves whose guest was seen to live at its destination: it runs here, or queue pairs here were resumed towards it. */
  readonly #seen = new Set<string>();

  readonly #foretold = new Foretold();

  constructor(host: HostContext, names: Names) {
    this.#host = host;
    this.#names = names;
  }

  /** How many moves hold queue pairs here. */
  get holding(): number {
    return this.#holds.size;
  }

  /** Of how many moves this host knows numbers beforehand. */
  get foretold(): number {
    return this.#foretold.size;
  }

  foretell({ move, names }: RequestOf<"FORETELL">, reply: Reply): void {
    if (names) this.#foretold.learn(move, reply.from, names);
    else this.#foretold.withdraw(move, reply.from);
    reply.answer({ kind: "FORETOLD" });
  }

  forgetHost(name: string): void {
    this.#foretold.forgetHost(name);
  }

  suspend(m: RequestOf<"SUSPEND_PEER">, reply: Reply): void {
    const holder = peerHolder(m.move);
    const pinned = migration.pinning(this.#host.backend, m.vlid).map((vqpn) => ({ host: this.#host.name, vqpn }));
    if (pinned.length > 0 && !m.force) return reply.answer({ kind: "PEER_CANNOT_SUSPEND", pinned });
    migration.suspendPeers(this.#host.backend, m.vlid, holder, this.#host.now);
    const hold: Hold = { m, cancelInquiry: () => {}, drained: null };
    this.#holds.set(m.move, hold);
    this.#inquireLater(hold);
    const late = this.#host.timers.at(this.#host.now + m.budgetMs, () => {
      if (!m.strict) return hold.drained?.();
      hold.drained = null;
      reply.refuse("E_DRAIN", `${this.#host.name} could not drain its guests' queue pairs in ${m.budgetMs} ms`);
    });
    const active = m.active ? new Set(m.active) : null;
    hold.drained = () => {
      late();
      hold.drained = null;
      const { cuts, cut } = migration.cutPeers(this.#host.backend, m.vlid, holder, active);
      const held = migration.heldTowards(this.#host.backend, m.vlid);
      reply.answer({ kind: "PEER_SUSPENDED", cuts, held, cut, forsaken: pinned });
    };
    if (this.#host.backend.hca.drained(holder)) hold.drained();
  }

  drained(holder: string): void {
    for (const [move, hold] of this.#holds) if (peerHolder(move) === holder) hold.drained?.();
  }

  /** Nobody stays suspended for ever, and nobody goes on by a timer: ask those who may know. */
  #inquireLater(hold: Hold): void {
    const { timers, now, timings } = this.#host;
    hold.cancelInquiry = timers.at(now + timings.inquireMs, () => {
      const { from, to } = hold.m;
      for (const whom of new Set(["central", from, to])) this.#inquire(hold, whom);
      this.#inquireLater(hold);
    });
  }

  #inquire(hold: Hold, whom: string): void {
    const { move, vlid, from, to } = hold.m;
    const onAnswer = ({ resume }: AnswerOf<"OUTCOME">) => {
      if (resume && this.#holds.get(move) === hold) this.#resume(move, vlid, resume);
    };
    const o = { timeoutMs: this.#host.timings.inquireMs, onAnswer, onFail: () => {} };
    this.#host.ask<AnswerOf<"OUTCOME">>(whom, { kind: "INQUIRE", move, vlid, from, to }, o);
  }

  resume(told: RequestOf<"RESUME_PEER">, reply: Reply): void {
    const names = told.foretold ? this.#foretold.with(told.move, reply.from, told.names) : told.names;
    if (!names) return reply.refuse("E_STATE", `nothing of move ${told.move} was foretold by ${reply.from}`);
    const m = { ...told, names };
    const hold = this.#holds.get(m.move);
    if (!mayResume(hold, m, reply.from, this.#names.whereIs(m.vlid)))
      return reply.refuse("E_AUTH", `move ${m.move} is resumed by its token only`);
    const fenced = this.#fenced.has(m.move) && m.host === hold?.m.to;
    // Without names nothing of a new life is told: the guest is lost, and this says where it was.
    if (fenced && m.names.length > 0) return reply.refuse("E_HOST_LOST", `${m.host} is fenced`);
    reply.answer({ kind: "PEER_RESUMED", peers: this.#resume(m.move, m.vlid, m) });
  }

  #resume(move: string, vlid: VLid, to: Resume): VLid[] {
    this.#holds.get(move)?.cancelInquiry();
    this.#holds.delete(move);
    this.#foretold.forget(move);
    if (to.names.length > 0) this.saw(move);
    this.#names.located(vlid, to.host);
    const at = { move: peerHolder(move), epoch: to.epoch, dlid: to.dlid, names: to.names };
    return migration.resumePeers(this.#host.backend, vlid, at, this.#host.now);
  }

  /** The guest lives at its destination: no fence can undo that move. */
  saw(move: string): void {
    remember(this.#seen, move);
  }

  /** The destination is dead: say whether anything of the guest's new life was seen here, and let nothing of it in. */
  fence(m: RequestOf<"FENCE">, reply: Reply): void {
    remember(this.#fenced, m.move);
    reply.answer({ kind: "FENCED", seen: this.#seen.has(m.move), holds: this.#host.backend.devices.has(m.vlid) });
  }
}

/**
 * Central may, and whoever has the token of a move that holds queue pairs here. Where nothing is held, the host where the
 * guest is (`knownAt`) may still tell its new epoch, after an abort, under the names of before; nothing gets new names.
 */
function mayResume(
  hold: Hold | undefined,
  m: RequestOf<"RESUME_PEER">,
  from: string,
  knownAt: string | undefined,
): boolean {
  if (planted("resume-without-token")) return true;
  if (hold) return hold.m.token === m.token;
  return roleOf(from) === "central" || (m.names.length === 0 && m.host === from && (knownAt ?? from) === from);
}

function remember(moves: Set<string>, move: string): void {
  moves.add(move);
  if (moves.size > rememberedMax) moves.delete(moves.values().next().value as string);
}

/**
 * Tell each host with peers where the guest is now; `opened` is called with the guests that know it, `done` when all hosts
 * have answered or are known to be dead. `toTell`: what of the names each does not know; without it, all.
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
  on: { readonly opened: (peers: readonly VLid[], at: string) => void; readonly done: () => void },
  toTell: (to: string) => ToTell = () => ({ names: at.names }),
): void {
  const { names, ...move } = at;
  const living = hosts.filter((name) => host.hosts.get(name)?.lost !== true);
  let waiting = living.length;
  const one = () => {
    waiting--;
    if (waiting === 0) on.done();
  };
  if (waiting === 0) return on.done();
  const tell = (to: string, what: ToTell) => {
    const onAnswer = ({ peers }: AnswerOf<"PEER_RESUMED">) => {
      on.opened(peers, to);
      one();
    };
    // Who does not remember what was foretold is told all.
    const onFail = ({ code }: NomadError) => (what.foretold && code === "E_STATE" ? tell(to, { names }) : one());
    const o = { timeoutMs: Number.POSITIVE_INFINITY, onAnswer, onFail };
    const place = { dlid: host.lid, host: host.name };
    host.ask(to, { kind: "RESUME_PEER", ...move, ...place, ...what, names: [...what.names] }, o);
  };
  for (const to of living) tell(to, toTell(to));
}
