import { AnyCaptureReader } from "@nomad/iba";
import { Command } from "commander";
import { DissectLines } from "../capture/dissect-lines.ts";
import { readCapture } from "../capture/shell/read-capture.ts";
import type { Cli } from "../cli.ts";
import { plural } from "../output/format.ts";

/** `dissect FILE`: one line for each packet of a capture. */
export function dissect(cli: Cli): Command {
  return new Command("dissect")
    .description("print one line for each packet of a capture (with --json: one object a line, the counts last)")
    .argument("<file>", "a pcapng or pcap file; - reads stdin")
    .action((file: string, _options: object, command: Command) =>
      cli.finish(command, async (globals) => {
        const lines = new DissectLines(globals.json ?? false);
        const reader = new AnyCaptureReader();
        for await (const chunk of readCapture(file)) {
          const text = lines.text(reader.push(chunk));
          if (text !== "") cli.terminal.out(text);
        }
        reader.end();
        const { counts } = lines;
        const { dropped } = reader;
        const words = [`${counts.faulty} faulty`, `${counts.icrcBad} with a bad ICRC`, `${dropped} dropped`];
        cli.terminal.err(`${plural(counts.packets, "packet")}: ${words.join(", ")}`);
        return { ok: true, json: { ok: true, ...counts, dropped }, text: "" };
      }),
    );
}
