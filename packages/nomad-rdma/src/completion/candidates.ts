import type { Command, Option } from "commander";

/** What may stand where the cursor is: some words, or the names that a running lab knows. */
export type Candidates = { readonly words: readonly string[] } | { readonly names: "guests" | "hosts" };

/** Arguments and options, by name, that take a name of the lab's. */
const labNames: Readonly<Record<string, "guests" | "hosts">> = { guest: "guests", host: "hosts" };

/** What may stand at the end of `line`: a command line of ours up to the cursor, the command itself first. */
export function candidates(program: Command, line: string): Candidates {
  const words = line.trimStart().split(/\s+/).slice(1);
  const last = words.pop() ?? "";
  let command = program;
  let position = 0;
  let pending: Option | undefined;
  for (const word of words) {
    if (pending) pending = undefined;
    else if (word.startsWith("-"))
      pending = optionsOf(command, program).find(
        (option) => (option.long === word || option.short === word) && takesValue(option),
      );
    else {
      const child = command.commands.find((each) => each.name() === word);
      if (child) command = child as Command;
      else position++;
    }
  }
  if (pending) return candidatesOf(pending.attributeName(), pending.argChoices);
  if (last.startsWith("-")) return { words: optionsOf(command, program).flatMap(({ long }) => long ?? []) };
  if (command.commands.length > 0) return { words: command.commands.map((each) => each.name()) };
  const argument = command.registeredArguments[position];
  return candidatesOf(argument?.name() ?? "", argument?.argChoices);
}

function candidatesOf(name: string, choices: readonly string[] | undefined): Candidates {
  const names = labNames[name];
  return names ? { names } : { words: choices ?? [] };
}

function optionsOf(command: Command, program: Command): Option[] {
  return [...new Set([...command.options, ...program.options])].filter(({ hidden }) => !hidden);
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}
