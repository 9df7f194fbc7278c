import { NomadError } from "@nomad/base";
import type { Failure, MoveRecord } from "@nomad/protocol/http";
import { Command } from "commander";
import type { Cli, Globals, Outcome } from "../cli.ts";
import { hasEnded } from "../client/lab-view.ts";
import type { LabClient } from "../client/shell/lab-client.ts";
import { LabWatch } from "../client/shell/lab-watch.ts";
import { reportOf } from "../output/error-text.ts";
import { plural } from "../output/format.ts";
import { Narrator } from "../output/narrator.ts";
import { moveTable } from "../output/views.ts";
import { abortOnInterrupt } from "../shell/interrupt.ts";
import { connectToLab } from "../shell/lab-connection.ts";
import { makeProgress } from "../shell/progress.ts";

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
    .action((host: string, _options: object, command: Command) =>
      cli.finish(command, (globals) => run(cli, globals, host)),
    );
}

async function run(cli: Cli, globals: Globals, host: string): Promise<Outcome> {
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
  const { moves, left } = await empty(client, host, signal);
  progress.clear();
  const ok = left.length === 0;
  const words = left.map(({ guest, code, message }) => `${guest} is still on ${host}: ${code}: ${message}`);
  const summary = ok ? [`${host} is empty: ${plural(moves.length, "guest")} moved`] : words;
  const table = moves.length === 0 ? [] : [moveTable(moves, cli.terminal.outStyle)];
  return { ok, json: { ok, host, moves, left }, text: [...table, summary.join("\n")].join("\n\n") };
}

/** Moves one guest after the other, looking again after each: guests come and go meanwhile. */
async function empty(client: LabClient, host: string, signal: AbortSignal) {
  const moves: MoveRecord[] = [];
  const failures = new Map<string, Left>();
  for (;;) {
    const here = await guestsOf(client, host);
    const guest = here.find((name) => !failures.has(name));
    if (guest === undefined) return { moves, left: here.flatMap((name) => failures.get(name) ?? []) };
    const result = await client.move({ guest }, { wait: true, signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      return reportOf(error);
    });
    if ("id" in result) moves.push(result);
    const failure = "id" in result ? whyNot(result) : result;
    if (failure) failures.set(guest, { guest, code: failure.code, message: failure.message });
  }
}

function whyNot({ outcome, error }: MoveRecord): Failure | null {
  if (outcome === "released") return null;
  return error ?? { code: "E_STATE", message: `its move was ${outcome}` };
}

async function guestsOf(client: LabClient, host: string): Promise<string[]> {
  const { guests } = await client.status();
  return guests.filter((guest) => guest.host === host && !hasEnded(guest)).map(({ name }) => name);
}
