import type { Command, Help, Option } from "commander";
import { Cli, makeProgram, RecordedTerminal } from "nomad-rdma/program";
import { headOf, type Page } from "./page.ts";

/** Verbs with their groups in front, as they are typed. */
function verbs(help: Help, command: Command): Command[] {
  const children = help.visibleCommands(command).filter((child) => child.name() !== "help");
  return children.length === 0 ? [command] : children.flatMap((child) => verbs(help, child as Command));
}

const isHelp = (option: Option) => option.long === "--help";

/** A list, not a table: a row more is then a line more. */
function optionList(help: Help, options: readonly Option[]): string[] {
  const items = options
    .filter((option) => !isHelp(option))
    .map((option) => `- \`${help.optionTerm(option)}\`: ${help.optionDescription(option)}`);
  return items.length === 0 ? [] : ["", ...items];
}

function section(help: Help, command: Command): string {
  const usage = help.commandUsage(command);
  const takes = help
    .visibleArguments(command)
    .map((argument) => `- \`${help.argumentTerm(argument)}\`: ${help.argumentDescription(argument)}`);
  return [
    `## ${nameOf(command)}`,
    "",
    `\`${usage}\`: ${help.commandDescription(command)}`,
    ...(takes.length === 0 ? [] : ["", ...takes]),
    ...optionList(help, help.visibleOptions(command)),
  ].join("\n");
}

function nameOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}

function text(): string {
  const program = makeProgram(new Cli(new RecordedTerminal(), ".", {}), "0.0.0");
  const help = program.createHelp();
  const all = help.visibleOptions(program).filter(({ long }) => long !== "--version");
  return [
    headOf("The command line", "packages/nomad-rdma/src/commands"),
    "",
    "Results are on stdout, everything else is on stderr. Exit codes: 0 success, 1 failure, 2 wrong usage. `nomad-rdma COMMAND --help` says the same",
    "as this page. Every command takes, before its name or after it:",
    ...optionList(help, all),
    "",
    verbs(help, program)
      .map((command) => section(help, command))
      .join("\n\n"),
    "",
  ].join("\n");
}

export const cliPage: Page = { path: "reference/cli.md", text };
