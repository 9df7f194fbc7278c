import { randomInt } from "node:crypto";
import type { ConnectionReport } from "@nomad/protocol/http";
import { hasEnded } from "nomad-rdma";
import type { DockerLab } from "./docker-lab.ts";

/** A guest and the host it starts on. */
export interface Place {
  readonly name: string;
  readonly host: string;
}

const talkMs = 20_000;
const endMs = 30_000;

/** Two guests of the program pair, one at each end of a connection. */
export class GuestPair {
  readonly #lab: DockerLab;
  readonly names: readonly [string, string];

  readonly #round: number;

  private constructor(lab: DockerLab, names: readonly [string, string], round: number) {
    this.#lab = lab;
    this.names = names;
    this.#round = round;
  }

  /** Boots both and waits until each hears the other. The first rewrites memory all the time. */
  static async start(lab: DockerLab, first: Place, second: Place): Promise<GuestPair> {
    const round = randomInt(1, 2 ** 31);
    const pair = new GuestPair(lab, [first.name, second.name], round);
    const boot = ({ name, host }: Place, peer: Place, dirty: string) => {
      const talk = { name: pair.#called(name), peer: pair.#called(peer.name), seed: String(round), rate: "500", dirty };
      return lab.client.runGuest({ name, image: "pair", host, arguments: talk });
    };
    await Promise.all([boot(first, second, "1"), boot(second, first, "0")]);
    await pair.untilTraffic();
    return pair;
  }

  /** What a program of this pair calls itself: reports of an earlier guest of the same name are not taken for its. */
  #called(name: string): string {
    return `${name}-${this.#round}`;
  }

  /** Resolves when both have heard more than now. */
  async untilTraffic(): Promise<void> {
    const before = this.#heard();
    const { events } = this.#lab;
    const more = () => this.#heard().every((count, i) => count > (before[i] ?? 0));
    await events.until(`${this.names.join(" and ")} hear each other`, more, talkMs);
  }

  /** Resolves when a guest knows that its connection is broken, with the status that told it. */
  async brokenStatus(name: string): Promise<string> {
    await this.#lab.events.until(`${name}'s connection is broken`, () => this.#status(name) !== "ok", endMs);
    return this.#status(name);
  }

  /** Resolves with the state in which a guest has ended: exited, failed or lost. */
  async endOf(name: string): Promise<string> {
    const { events } = this.#lab;
    const guest = () => events.view.guests.get(name);
    const ended = () => [guest()].some((seen) => seen !== undefined && hasEnded(seen));
    await events.until(`${name} has ended`, ended, endMs);
    return guest()?.state ?? "";
  }

  /** Asks one to end, which ends the other, too; resolves with what each says of all that was sent and arrived. */
  async end() {
    await this.#lab.client.stopGuest(this.names[0]);
    const ends = await Promise.all(this.names.map((name) => this.endOf(name)));
    const reports = await Promise.all(this.names.map((name) => this.#lab.client.report(name)));
    return reports.map((report, i) => ({ name: this.names[i], end: ends[i], verified: report?.verified ?? false }));
  }

  /** Destroys whichever of both is left. */
  async clear(): Promise<void> {
    const { client, events } = this.#lab;
    await Promise.allSettled(this.names.map((name) => client.stopGuest(name, true)));
    const gone = () => this.names.every((name) => [events.view.guests.get(name)].every((g) => !g || hasEnded(g)));
    await events.until(`${this.names.join(" and ")} are gone`, gone, endMs);
  }

  #status(name: string): string {
    return this.#connection(name)?.status ?? "ok";
  }

  #heard(): number[] {
    return this.names.map((name) => this.#connection(name)?.delivered ?? 0);
  }

  #connection(name: string): ConnectionReport | undefined {
    const report = this.#lab.events.view.reports.get(name);
    return report?.guest === this.#called(name) ? report.connections[0] : undefined;
  }
}
