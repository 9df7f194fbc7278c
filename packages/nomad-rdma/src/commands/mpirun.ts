import { randomBytes } from "node:crypto";
import { NomadError } from "@nomad/base";
import { Command } from "commander";
import type { Cli, Outcome } from "../cli.ts";
import type { LabClient } from "../client/shell/lab-client.ts";
import { LabWatch } from "../client/shell/lab-watch.ts";
import { type RankResult, ranksMax, succeeded } from "../mpi/job.ts";
import { buildImages } from "../mpi/shell/build-images.ts";
import { RunningJob } from "../mpi/shell/running-job.ts";
import { table } from "../output/table.ts";
import { abortOnInterrupt } from "../shell/interrupt.ts";
import { connectToLab } from "../shell/lab-connection.ts";
import { makeProgress } from "../shell/progress.ts";
import { integer, keyValues } from "./options.ts";

interface Options {
  readonly ranks: number;
  readonly hosts?: readonly string[];
  readonly name?: string;
}

const keyBytes = 8;

/** `mpirun -n N IMAGE [KEY=VALUE...]`: runs an MPI program to its end, each rank a guest. */
export function mpirun(cli: Cli): Command {
  return new Command("mpirun")
    .description("run an MPI program, each rank a guest, and wait for its end")
    .argument("<image>", "the name of an image, such as npb-cg")
    .argument("[arguments...]", "KEY=VALUE, handed to every rank's program")
    .option("-n, --ranks <n>", "how many ranks", integer(1, ranksMax), 1)
    .option(
      "--hosts <names>",
      "deal the ranks to these hosts, separated by commas (default: all that are up)",
      (names) => names.split(","),
    )
    .option("--name <name>", "the guests are called NAME-0, NAME-1, ... (default: the image's name)")
    .action((image: string, words: string[], options: Options, command: Command) =>
      cli.finish(command, async (globals) => {
        const signal = abortOnInterrupt();
        await buildImages([image]);
        const client = connectToLab(cli, globals);
        const hosts = options.hosts ?? (await hostsThatAreUp(client));
        const key = randomBytes(keyBytes).toString("hex");
        const { ranks, name = image } = options;
        const job = { name, key, image, ranks, hosts, arguments: keyValues(words) };
        const progress = makeProgress(cli.terminal);
        await using events = new LabWatch(client, (event) => {
          if (event.type === "log" && event.guest.startsWith(`${name}-`))
            progress.note(`${event.guest}: ${event.line}`);
        });
        await using running = await RunningJob.start({ client, events, signal }, job);
        return outcomeOf(await running.ended(), cli);
      }),
    );
}

async function hostsThatAreUp(client: LabClient): Promise<string[]> {
  const { hosts } = await client.status();
  const up = hosts.filter(({ state }) => state === "up").map(({ name }) => name);
  if (up.length === 0) throw new NomadError("E_NO_HOST", "no host of the lab is up");
  return up.sort();
}

function outcomeOf(ranks: readonly RankResult[], cli: Cli): Outcome {
  const ok = succeeded(ranks);
  const lines = ranks.map(({ rank, guest, report }) => ({
    rank,
    guest: guest.name,
    host: guest.host,
    state: guest.state,
    exitCode: guest.exitCode,
    error: guest.error,
    report,
  }));
  return { ok, json: { ok, ranks: lines }, text: table(columns, ranks, cli.terminal.outStyle.bold) };
}

const columns = [
  { title: "rank", align: "right", cell: ({ rank }: RankResult) => String(rank) },
  { title: "guest", cell: ({ guest }: RankResult) => guest.name },
  { title: "host", cell: ({ guest }: RankResult) => guest.host },
  {
    title: "end",
    cell: ({ guest }: RankResult) =>
      guest.state === "exited" ? `exit code ${guest.exitCode}` : `${guest.state} ${guest.error?.message ?? ""}`.trim(),
  },
] as const;
