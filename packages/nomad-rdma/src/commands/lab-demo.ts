import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { LabWatch } from "../client/shell/lab-watch.ts";
import { Narrator } from "../output/narrator.ts";
import { demoPairs, demoPairsMax } from "../scenarios/demo-pairs.ts";
import { runDemo } from "../scenarios/shell/demo.ts";
import { abortOnInterrupt } from "../shell/interrupt.ts";
import { connectToLab } from "../shell/lab-connection.ts";
import { makeProgress } from "../shell/progress.ts";
import { integer } from "./options.ts";

interface Options {
  readonly pairs: number;
  readonly rate: number;
  readonly round: number;
  readonly readyFile?: string;
}

/** `lab demo`: keeps pairs of guests talking and verifying on a lab that is up, and tells what happens. */
export function labDemo(cli: Cli): Command {
  return new Command("demo")
    .description("keep pairs of guests talking on a lab that is up, start lost ones again, tell what happens")
    .option("--pairs <n>", "how many pairs", integer(1, demoPairsMax), 3)
    .option("--rate <n>", "operations a second of each guest", integer(1, 100_000), 100)
    .option(
      "--round <seconds>",
      "how often each pair ends, compares all that was sent, and begins anew",
      integer(1, 86_400),
      300,
    )
    .option("--ready-file <path>", "written once all pairs talk")
    .action((options: Options, command: Command) =>
      cli.finish(command, async (globals) => {
        const signal = abortOnInterrupt();
        const client = connectToLab(cli, globals);
        const progress = makeProgress(cli.terminal);
        const narrator = new Narrator(cli.terminal.errStyle, globals.verbose > 0);
        await using events = new LabWatch(client, (event) => {
          const sentence = narrator.tell(event);
          if (sentence && !sentence.passing) progress.note(sentence.text);
        });
        const { rate, readyFile } = options;
        const pairs = demoPairs(options.pairs);
        const note = (text: string) => progress.note(text);
        await runDemo({ client, events, pairs, rate, roundMs: options.round * 1000, readyFile, note, signal });
        return undefined;
      }),
    );
}
