import { NomadError } from "@nomad/base";
import { type Failure, hasEnded, type MoveRecord } from "@nomad/protocol/http";
import { Command } from "commander";
import type { Cli, Globals, Outcome } from "../cli.ts";
import type { LabClient } from "../client/shell/lab-client.ts";
import { LabWatch } from "../client/shell/lab-watch.ts";
import { reportOf } from "../output/error-text.ts";
import { plural } from "../output/format.ts";
import { Narrator } from "../output/narrator.ts";
import { moveTable } from "../output/views.ts";
import { abortOnInterrupt } from "../shell/interrupt.ts";
import { connectToLab } from "../shell/lab-connection.ts";
import { makeProgress } from "../shell/progress.ts";
import { integer } from "./options.ts";

const guestsMax = 10_000;

interface Options {
  readonly limit?: number;
  readonly strict?: boolean;
}

/** A guest that could not be moved, and why. */
interface Left {
  readonly guest: string;
  readonly code: string;
  readonly message: string;
}

/** `evacuate HOST`: moves every guest of a host elsewhere. */
export function evacuate(cli: Cli): Command {
  return new Command("evacuate")
    .description("move every guest of a host to others, each to the one with the fewest guests")
    .argument("<host>", "the host that shall be empty")
    .option(
      "--limit <n>",
      "ask for so many moves at a time (default: all; central's limit for each host holds)",
      integer(1, guestsMax),
    )
    .option("--strict", "abort a move rather than cut a queue pair whose work is not acknowledged in time")
    .action((host: string, options: Options, command: Command) =>
      cli.finish(command, (globals) => run(cli, globals, host, options)),
    );
}

async function run(cli: Cli, globals: Globals, host: string, options: Options): Promise<Outcome> {
  const signal = abortOnInterrupt();
  const client = connectToLab(cli, globals);
  const { hosts } = await client.status();
  if (!hosts.some(({ name }) => name === host)) throw new NomadError("E_NO_HOST", `no host is called ${host}`);
  const progress = makeProgress(cli.terminal);
  const narrator = new Narrator(cli.terminal.errStyle, false);
  await using _events = new LabWatch(client, (event) => {
    if (event.type !== "move" || event.move.from !== host) return;
    const sentence = narrator.tell(event);
    if (sentence?.passing) progress.passing(sentence.text);
    else if (sentence) progress.note(sentence.text);
  });
  const { moves, left } = await new Evacuation(client, host, options, signal).run();
  progress.clear();
  const ok = left.length === 0;
  const words = left.map(({ guest, code, message }) => `${guest} is still on ${host}: ${code}: ${message}`);
  const summary = ok ? [`${host} is empty: ${plural(moves.length, "guest")} moved`] : words;
  const table = moves.length === 0 ? [] : [moveTable(moves, cli.terminal.outStyle)];
  return { ok, json: { ok, host, moves, left }, text: [...table, summary.join("\n")].join("\n\n") };
}

/** Moves that are asked for side by side, and guests that come meanwhile, until the host is empty or nothing more goes. */
class Evacuation {
  readonly #client: LabClient;
  readonly #host: string;
  readonly #limit: number;
  readonly #request: { readonly strict?: boolean };
  readonly #signal: AbortSignal;
  readonly #moves: MoveRecord[] = [];
  readonly #failures = new Map<string, Left>();
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(client: LabClient, host: string, { limit = guestsMax, strict }: Options, signal: AbortSignal) {
    this.#client = client;
    this.#host = host;
    this.#limit = limit;
    this.#request = strict ? { strict } : {};
    this.#signal = signal;
  }

  async run(): Promise<{ moves: MoveRecord[]; left: Left[] }> {
    for (;;) {
      const here = await this.#guests();
      const waiting = here.filter((guest) => !this.#failures.has(guest) && !this.#underWay.has(guest));
      for (const guest of waiting.slice(0, this.#limit - this.#underWay.size)) this.#start(guest);
      if (this.#underWay.size === 0) {
        return { moves: this.#moves, left: here.flatMap((guest) => this.#failures.get(guest) ?? []) };
      }
      await Promise.race(this.#underWay.values());
    }
  }

  #start(guest: string): void {
    const ended = this.#move(guest).finally(() => this.#underWay.delete(guest));
    this.#underWay.set(guest, ended);
  }

  async #move(guest: string): Promise<void> {
    const options = { wait: true, signal: this.#signal };
    const result = await this.#client.move({ guest, ...this.#request }, options).catch((error: unknown) => {
      this.#signal.throwIfAborted();
      return reportOf(error);
    });
    if ("id" in result && result.from === this.#host) this.#moves.push(result);
    const failure = "id" in result ? whyNot(result) : result;
    if (failure) this.#failures.set(guest, { guest, code: failure.code, message: failure.message });
  }

  /** Who runs there, or is on the way to it. */
  async #guests(): Promise<string[]> {
    const { guests, moves } = await this.#client.status();
    const coming = new Set(moves.filter(({ outcome, to }) => outcome === "" && to === this.#host).map((m) => m.guest));
    const counts = guests.filter((guest) => guest.host === this.#host || coming.has(guest.name));
    return counts.filter((guest) => !hasEnded(guest)).map(({ name }) => name);
  }
}

function whyNot({ outcome, error }: MoveRecord): Failure | null {
  if (outcome === "released") return null;
  return error ?? { code: "E_STATE", message: `its move was ${outcome}` };
}
