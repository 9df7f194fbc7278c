// What describes the command line without running it.

export { Cli } from "./cli.ts";
export { makeProgram } from "./program.ts";
export { RecordedTerminal } from "./testing/recorded-terminal.ts";
