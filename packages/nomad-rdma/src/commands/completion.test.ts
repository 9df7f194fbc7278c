import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { Cli } from "../cli.ts";
import { candidates } from "../completion/candidates.ts";
import { makeProgram } from "../program.ts";
import { run } from "../shell/main.ts";
import { RecordedTerminal } from "../testing/recorded-terminal.ts";

const cli = () => new Cli(new RecordedTerminal(), tmpdir(), {});
const at = (line: string) => candidates(makeProgram(cli(), "1.2.3"), `nomad-rdma ${line}`);

test.each([
  ["migrate ", "guests"],
  ["migrate alice ", "hosts"],
  ["migrate --bandwidth 1M al", "guests"],
  ["evacuate ", "hosts"],
  ["guest run pair --host ", "hosts"],
  ["--lab http://x guest stop ", "guests"],
])("after `%s` stand the lab's %s", (line, names) => {
  expect(at(line)).toEqual({ names });
});

test("verbs, options and choices come from the command line's own description", () => {
  expect(at("")).toEqual({ words: expect.arrayContaining(["lab", "guest", "doctor"]) });
  expect(at("lab ")).toEqual({ words: ["up", "run", "down", "demo"] });
  expect(at("lab up --")).toEqual({ words: expect.arrayContaining(["--hosts", "--detach", "--json"]) });
  expect(at("lab up --names ")).toEqual({ words: ["random", "clash", "apart"] });
});

test("each shell has a script, another shell is wrong usage", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const called = cli();
    expect(await run(["completion", shell], called)).toBe(0);
    expect((called.terminal as RecordedTerminal).outLines.join("\n")).toContain("complete");
  }
  expect(await run(["completion", "tcsh"], cli())).toBe(2);
});
