import type { Command } from "commander";
import type { Terminal } from "./shell/terminal.ts";

/** The options that every verb has. */
export interface Globals {
  readonly json?: true;
  readonly verbose: number;
  readonly lab?: string;
  readonly secretFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
}

/** What a verb answers: for scripts and for people. Unless it is `ok` the exit code is 1. */
export interface Outcome {
  readonly ok: boolean;
  readonly json: object;
  readonly text: string;
}

/** One call of the command line: where it happens, and how it ends. */
export class Cli {
  readonly terminal: Terminal;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  exitCode = 0;

  constructor(terminal: Terminal, cwd: string, environment: Readonly<Record<string, string | undefined>>) {
    this.terminal = terminal;
    this.cwd = cwd;
    this.environment = environment;
  }

  /** Runs a verb's work; what it returns is the call's result. One that prints for itself returns nothing. */
  async finish(command: Command, work: (globals: Globals) => Promise<Outcome | undefined>): Promise<void> {
    const globals = command.optsWithGlobals<Globals>();
    const outcome = await work(globals);
    if (outcome) this.print(outcome, globals);
  }

  /** Prints a result on stdout and takes its exit code. */
  print(outcome: Outcome, globals: Globals): void {
    this.exitCode = outcome.ok ? 0 : 1;
    const text = globals.json ? JSON.stringify(outcome.json) : outcome.text;
    if (text !== "") this.terminal.out(text);
  }
}
