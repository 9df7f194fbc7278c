import { type Clock, type Qpn, Random } from "@nomad/base";
import type { Message } from "@nomad/protocol";
import {
  FaultBook,
  type FaultHits,
  type FaultRule,
  FaultyLink,
  isBetween,
  type Link,
  type RuledQp,
  type StandingFault,
} from "@nomad/wire";
import { arrive } from "./arrive.ts";

/** What faults need of the host that they strike at. */
export interface FaultyHost {
  readonly name: string;
  readonly clock: Clock;
  /** Sends an answer to central. */
  readonly answer: (message: Message) => void;
  /** Does a packet for this queue pair go to or come from those that a rule names? */
  readonly isOf: (destQpn: Qpn, qp: RuledQp) => boolean;
  /** Tells the bulk thread which faults stand; resolves with what those before have hit there. */
  readonly bulk: (faults: readonly StandingFault[]) => Promise<readonly FaultHits[]>;
  /** Ends the connections to central and to hosts of which this holds; they come again. */
  readonly reconnect: (concerned: (name: string) => boolean) => void;
}

type List = Pick<Extract<Message, { kind: "FAULTS" }>, "generation" | "version" | "faults">;

/** The faults at one host: they strike what comes in, at its end of each link. */
export class HostFaults {
  readonly #host: FaultyHost;
  readonly #book: FaultBook;
  #latest: List = { generation: 0, version: 0, faults: [] };

  constructor(host: FaultyHost) {
    this.#host = host;
    this.#book = new FaultBook(host.name, host.clock, (rule) => this.#lifted(rule));
  }

  /** Takes central's message about faults; false when it is about something else. */
  handle(m: Message): boolean {
    if (m.kind !== "FAULTS") return false;
    const { hits } = this.#book;
    if (this.#isNews(m)) {
      this.#latest = m;
      this.#book.set(m.faults);
    }
    void this.#host.bulk(this.#latest.faults).then((ofBulk) => {
      this.#host.answer({ kind: "FAULTS_SET", re: m.id, hits: [...hits, ...ofBulk] });
    });
    return true;
  }

  /** A list that was sent again may be older than the one that is here. */
  #isNews({ generation, version }: List): boolean {
    const { generation: known, version: seen } = this.#latest;
    return generation > known || (generation === known && version > seen);
  }

  /** A control message has come. */
  arrive(on: "control" | "peer", from: string, message: Message, deliver: () => void): void {
    const { name, clock } = this.#host;
    arrive({ rules: this.#book.rules, clock, name }, on, from, message, deliver);
  }

  /** The link to a host, with what its packets suffer on their way here. */
  link(link: Link, from: string): Link {
    const { name, clock, isOf } = this.#host;
    const { rules } = this.#book;
    return new FaultyLink(link, { scheduler: clock, rules, from, to: name, random: new Random(0), isOf });
  }

  /** What was lost in a cut is not known: a connection that had one is made anew, and what is unanswered goes out again. */
  #lifted(rule: FaultRule): void {
    if (rule.kind !== "cut") return;
    const { name } = this.#host;
    this.#host.reconnect((other) => {
      const on = other === "central" ? "control" : "peer";
      return rule.on.includes(on) && (isBetween(rule, other, name) || isBetween(rule, name, other));
    });
  }
}
