import { assert, type VLid } from "@nomad/base";
import { Central } from "../central/central.ts";
import type { MoveRecord } from "../http/index.ts";
import { type Answer, isAnswer, isRequest, type Message, type Request, type Unnumbered } from "../message.ts";

const image = { memoryBytes: 65_536, imageHash: "0".repeat(64) };
const guestName = (i: number) => `guest-${i}`;
const hostName = (i: number) => `host-${i}`;

/** What no host refuses: what is decided, or undone, cannot fail. */
const undeniable: ReadonlySet<Request["kind"]> = new Set(["RUN", "RELEASE", "ABORT"]);

/** What is under way in a lab: something central asked of a host, or waits to hear of its disk. */
type Pending =
  | { readonly kind: "asked"; readonly to: string; readonly request: Request }
  | { readonly kind: "journaled"; readonly ticket: number };

/**
 * Central, and hosts that do nothing but answer: each request when `step` picks it, so that every order can be had. Guests
 * are connected as `edges` says.
 */
export class AnsweringLab {
  readonly central: Central;
  readonly #edges: readonly (readonly [number, number])[];
  readonly #pending: Pending[] = [];
  readonly #vlids: VLid[] = [];
  #nextId = 1;

  constructor(o: {
    readonly hosts: number;
    readonly guests: number;
    readonly movesPerHostMax: number;
    readonly edges: readonly (readonly [number, number])[];
  }) {
    this.central = new Central({ generation: 1, version: "test", movesPerHostMax: o.movesPerHostMax });
    this.#edges = o.edges;
    for (let i = 0; i < o.hosts; i++) this.#say(hostName(i), { kind: "HELLO", ...this.#host(i) });
    for (let i = 0; i < o.guests; i++) {
      const spec = { name: guestName(i), image: "any", host: hostName(i % o.hosts), arguments: {} };
      this.central.boot(spec, 0, () => {});
      this.#collect();
      this.step(() => 0);
      this.#vlids.push(this.central.directory.guest(guestName(i)).vlid);
    }
  }

  #host(i: number) {
    return { name: hostName(i), incarnation: hostName(i), url: `ws://${i}`, pid: i + 1 };
  }

  /** Ask for a move; null when central refuses. */
  move(guest: number, to: number): MoveRecord | null {
    try {
      return this.central.startMove({ guest: guestName(guest), to: hostName(to), inject: null, token: "t" }, 0);
    } catch {
      return null;
    } finally {
      this.#collect();
    }
  }

  /** One thing that is under way comes to its end; with `refuse` a host says no where it may. False when nothing is. */
  step(pick: (count: number) => number, refuse = false): boolean {
    const [next] = this.#pending.splice(pick(this.#pending.length), 1);
    if (!next) return false;
    if (next.kind === "journaled") this.central.handle(next, 0);
    else this.#answer(next.to, next.request, refuse);
    this.#collect();
    return true;
  }

  #answer(from: string, request: Request, refuse: boolean): void {
    const no = { kind: "FAILED" as const, code: "E_DRAIN" as const, message: "refused" };
    const answer = refuse && !undeniable.has(request.kind) ? no : this.#yes(request);
    this.#hear(from, { ...answer, re: request.id } as Answer);
    if (answer.kind !== "RUNNING" || request.kind !== "RUN") return;
    const { move, vlid, generation } = request;
    this.#say(from, { kind: "PEERS_RESUMED", move, vlid, generation });
  }

  #yes(request: Request): Unnumbered<Answer> {
    switch (request.kind) {
      case "BOOT":
        return { kind: "BOOTED", ...image };
      case "PREPARE":
        return { kind: "PREPARED", bulkUrl: "ws://bulk", memoryBytes: image.memoryBytes };
      case "PRECOPY":
        return { kind: "CONVERGED", converged: true, peers: this.#peers(request.vlid) };
      case "SUSPEND":
        return { kind: "SUSPENDED", peers: this.#peers(request.vlid), leftMs: 0 };
      case "SUSPEND_PEER":
        return { kind: "PEER_SUSPENDED", cuts: [], held: 0, cut: 0, forsaken: [] };
      case "STOP":
        return { kind: "STOPPED", digest: "same", held: 0, cut: 0 };
      case "BIND":
        return { kind: "BOUND", digest: "same" };
      case "RUN":
        return { kind: "RUNNING" };
      case "RELEASE":
        return { kind: "RELEASED" };
      case "ABORT":
        return { kind: "ABORTED" };
      default:
        throw new Error(`nobody asks a host ${request.kind} here`);
    }
  }

  #peers(vlid: VLid): VLid[] {
    const own = this.#vlids.indexOf(vlid);
    const others = this.#edges.flatMap(([a, b]) => (a === own ? [b] : b === own ? [a] : []));
    return others.map((i) => this.#vlids[i] as VLid);
  }

  #say(from: string, request: Unnumbered<Request>): void {
    this.#hear(from, { ...request, id: this.#nextId++ } as Request);
  }

  #hear(from: string, message: Message): void {
    this.central.handle({ kind: "message", from, incarnation: from, message }, 0);
    this.#collect();
  }

  #collect(): void {
    for (const effect of this.central.takeEffects()) {
      if (effect.kind === "journal" && effect.ticket !== null) {
        this.#pending.push({ kind: "journaled", ticket: effect.ticket });
      } else if (effect.kind === "send" && isRequest(effect.message)) {
        this.#pending.push({ kind: "asked", to: effect.to, request: effect.message });
      } else if (effect.kind === "send") {
        assert(
          isAnswer(effect.message) || effect.message.kind === "HOSTS",
          "central asks, answers, and tells of hosts",
        );
      }
    }
  }
}
