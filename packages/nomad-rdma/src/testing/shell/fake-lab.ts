import type { ServerResponse } from "node:http";
import type { Guest, GuestReport, LabEvent, MoveRecord, MoveRequest } from "@nomad/protocol/http";
import { sampleConnection, sampleGuest, sampleHost, sampleMove, sampleReport } from "@nomad/protocol/http/testing";
import { answer, FakeCentral, fail, stream } from "./fake-central.ts";

/** A fake central with guests that behave: they run, talk after every move, end when asked and report. */
export class FakeLab implements AsyncDisposable {
  readonly central: FakeCentral;
  readonly hosts: readonly string[];
  readonly guests = new Map<string, Guest>();
  readonly reports = new Map<string, GuestReport>();
  /** Decides how the nth move ends; it is released when nothing else is said. */
  moveOutcome: (n: number) => Partial<MoveRecord> = () => ({});
  /** Called after the nth move. */
  afterMove: (n: number) => void = () => {};
  #moves = 0;
  #readers: ServerResponse[] = [];

  private constructor(central: FakeCentral, hosts: readonly string[]) {
    this.central = central;
    this.hosts = hosts;
    const { handlers } = central;
    handlers.set("GET /v1/events", (_seen, response) => {
      stream(response, [
        ...hosts.map((name): LabEvent => ({ type: "host", host: sampleHost(name) })),
        ...this.#present(),
      ]);
      this.#readers.push(response);
    });
    handlers.set("GET /v1/status", (_seen, response) => {
      const [all, guests] = [hosts.map((name) => sampleHost(name)), [...this.guests.values()]];
      answer(response, { ok: true, central: { version: "0", generation: 1 }, hosts: all, guests, moves: [] });
    });
    handlers.set("POST /v1/guests", ({ body }, response) => this.#run(body as Guest, response));
    handlers.set("POST /v1/moves", ({ body }, response) => this.#move(body as MoveRequest, response));
  }

  static async start(secret: Uint8Array, hosts: readonly string[]): Promise<FakeLab> {
    return new FakeLab(await FakeCentral.start(secret), hosts);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.central[Symbol.asyncDispose]();
  }

  /** Changes what is known of a guest, and tells everybody. */
  change(name: string, difference: Partial<Guest>): void {
    const guest = sampleGuest(name, { ...this.guests.get(name), ...difference });
    this.guests.set(name, guest);
    this.tell({ type: "guest", guest });
  }

  /** A guest reports, and tells everybody. */
  report(name: string, report: GuestReport): void {
    this.reports.set(name, report);
    this.tell({ type: "report", guest: name, report });
  }

  tell(event: LabEvent): void {
    for (const reader of this.#readers) reader.write(`${JSON.stringify(event)}\n`);
  }

  /** All guests have delivered more. */
  talk(): void {
    const [a, b] = [...this.guests.keys()];
    if (a === undefined || b === undefined) return;
    const count = 100 * (this.#moves + 1);
    for (const [name, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      const connections = [sampleConnection(peer, { sent: count, delivered: count })];
      this.report(name, sampleReport(name, peer, { connections }));
    }
  }

  #present(): LabEvent[] {
    return [...this.guests.values()].map((guest) => ({ type: "guest", guest }));
  }

  #run(body: Guest, response: ServerResponse): void {
    this.change(body.name, { host: body.host ?? "host-a", state: "running" });
    const path = `/v1/guests/${body.name}`;
    this.central.handlers.set(`GET ${path}/report`, (_seen, asked) =>
      answer(asked, this.reports.get(body.name) ?? null),
    );
    this.central.handlers.set(`DELETE ${path}`, (_seen, asked) => {
      answer(asked, { guest: this.guests.get(body.name) }, 202);
      this.change(body.name, { state: "exited", exitCode: 0 });
    });
    answer(response, { guest: this.guests.get(body.name) }, 201);
    this.talk();
  }

  #move(wanted: MoveRequest, response: ServerResponse): void {
    const { guest } = wanted;
    const from = this.guests.get(guest)?.host;
    if (from === undefined) {
      fail(response, 404, "E_NO_GUEST", `no guest ${guest}`);
      return;
    }
    const to = wanted.to ?? this.hosts.find((name) => name !== from) ?? from;
    this.#moves++;
    const move = sampleMove({ id: `move-${this.#moves}`, guest, from, to, ...this.moveOutcome(this.#moves) });
    this.tell({ type: "move", move: { ...move, outcome: "", phase: "precopy" } });
    this.tell({ type: "move", move });
    if (move.outcome === "released") this.change(guest, { host: to });
    answer(response, { move }, 202);
    this.talk();
    this.afterMove(this.#moves);
  }
}
