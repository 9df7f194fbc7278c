import { faultKinds, ruledTraffic } from "@nomad/base";
import { opcodes } from "@nomad/iba";
import type { FaultRequest } from "@nomad/protocol/http";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { Cli } from "../cli.ts";
import { faultTable } from "../output/fault-view.ts";
import { connectToLab } from "../shell/lab-connection.ts";
import { fraction, integer, queuePair } from "./options.ts";

interface Options extends Omit<FaultRequest, "kind" | "bothWays"> {
  readonly link?: readonly [string, string];
}

const help = `
Faults strike what comes in, at the receiving end. Each lasts until it is lifted, or for --seconds, or until it has hit
--times messages or packets at each end. What is cut is lost without a word, as on a cable that is pulled: central
declares a host dead that is cut off from it for longer than its heartbeats may fail.

  nomad-rdma fault add drop --chance 0.01                                   one packet in a hundred, everywhere
  nomad-rdma fault add cut --link host-a,host-b --seconds 3                 everything between two hosts
  nomad-rdma fault add cut --from host-a --to central --on control          one way
  nomad-rdma fault add delay --ms 50 --guest alice --opcode ack             alice's acknowledgements come late
  nomad-rdma fault add delay --ms 5000 --on journal                         central's disk is slow: all moves wait for it
  nomad-rdma fault add drop --message STOPPED --times 2                     the first two answers to STOP at each end`;

/** `fault add KIND`: makes links suffer. */
export function faultAdd(cli: Cli): Command {
  return new Command("add")
    .description("make messages, packets or pages suffer on their way")
    .addArgument(new Argument("<kind>", "what happens").choices(faultKinds.filter((kind) => kind !== "pass")))
    .addOption(
      new Option("--on <traffic...>", "which traffic (default: a cut is of all, other faults are of packets)").choices(
        ruledTraffic,
      ),
    )
    .addOption(
      new Option("--link <a,b>", "between these two, both ways: hosts, or central")
        .conflicts(["from", "to"])
        .argParser(pair),
    )
    .option("--from <name>", "only what this host, or central, sends")
    .option("--to <name>", "only what this host, or central, is sent")
    .option("--message <kind>", "only control messages of this kind, such as STOP")
    .option("--guest <name>", "only packets to and from this guest, wherever it runs")
    .option(
      "--qp <n>",
      "only packets of this queue pair: with --guest as its program sees it, else as in packets",
      queuePair,
    )
    .option("--opcode <name>", "only these packets: send, write, read, atomic, ack, or a code such as 0x11", opcodesOf)
    .option("--chance <p>", "each is hit with this probability", fraction(0, 1), 1)
    .option("--times <n>", "so many at each end at most", integer(1, 2 ** 31))
    .option("--seconds <n>", "ends by itself after so long", fraction(0, 86_400))
    .option("--ms <n>", "how long what is delayed, reordered or duplicated is kept back", integer(0, 600_000), 10)
    .option("--seed <n>", "of the dice", integer(0, 2 ** 32 - 1))
    .addHelpText("after", help)
    .action((kind: FaultRequest["kind"], options: Options & { opcode?: number[] }, command: Command) =>
      cli.finish(command, async (globals) => {
        const { link, opcode, ...rest } = options;
        const ends = link === undefined ? {} : { from: link[0], to: link[1], bothWays: true };
        const request = { kind, ...rest, ...ends, ...(opcode === undefined ? {} : { opcodes: opcode }) };
        const fault = await connectToLab(cli, globals).addFault(request);
        return { ok: true, json: { ok: true, fault }, text: faultTable([fault], cli.terminal.outStyle) };
      }),
    );
}

function pair(text: string): [string, string] {
  const [a, b, ...more] = text.split(",");
  if (a && b && more.length === 0) return [a, b];
  throw new InvalidArgumentError("expected two names with a comma between them.");
}

/** The opcodes of an operation, or of a code. */
function opcodesOf(text: string): number[] {
  const known = opcodes.filter((opcode) => opcode !== undefined);
  const found = known.filter(({ operation, code }) => operation === text || code === Number(text));
  if (found.length > 0) return found.map(({ code }) => code);
  const operations = [...new Set(known.map(({ operation }) => operation))].join(", ");
  throw new InvalidArgumentError(`expected one of ${operations}, or an opcode such as 0x11.`);
}
