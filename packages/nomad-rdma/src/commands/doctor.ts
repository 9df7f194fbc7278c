import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { findingTable } from "../doctor/finding.ts";
import { checkNode } from "../doctor/node-version.ts";
import { checkDashboard, checkImages } from "../doctor/shell/built.ts";
import { checkLab, checkPort, checkSecret } from "../doctor/shell/lab.ts";
import { checkEngine, checkTools } from "../doctor/shell/tools.ts";
import { nodeVersion } from "../shell/version.ts";

/** `doctor`: what of this machine, this installation and this lab is not as it should be. */
export function doctor(cli: Cli): Command {
  return new Command("doctor")
    .description("check this machine, what is built, and the lab; say what to do next")
    .action((_options: object, command: Command) =>
      cli.finish(command, async (globals) => {
        const findings = [
          checkNode(nodeVersion()),
          await checkImages(),
          checkDashboard(),
          checkSecret(cli, globals),
          await checkLab(cli, globals),
          await checkPort(),
          await checkEngine(),
          ...checkTools(cli.environment.PATH ?? ""),
        ];
        const ok = findings.every(({ level }) => level !== "fail");
        return { ok, json: { ok, findings }, text: findingTable(findings, cli.terminal.outStyle) };
      }),
    );
}
