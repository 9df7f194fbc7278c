import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { Cli } from "../cli.ts";
import { RecordedTerminal } from "../testing/recorded-terminal.ts";
import { run } from "./main.ts";

const cwd = mkdtempSync(join(tmpdir(), "nomad-cli-fuzz-"));
writeFileSync(join(cwd, "secret"), "a secret of sixteen and more\n", { mode: 0o600 });
afterAll(() => rmSync(cwd, { recursive: true }));

/** Verbs that talk to a lab (there is none) or read files: none that starts processes. */
const verbs = [["status"], ["migrate"], ["evacuate"], ["capture"], ["dissect"], ["guest", "run"], ["guest", "ls"]]
  .concat([["guest", "logs"], ["guest", "stop"], ["fault", "add"], ["fault", "ls"], ["fault", "lift"], ["nothing"]])
  .map((words) => words as readonly string[]);
const words = ["--json", "--host", "--guest", "--qp", "--on", "--link", "--chance", "--opcode", "--times", "--seconds"]
  .concat(["--from", "--to", "--no-wait", "--force", "--out", "--count", "--lab", "--inject", "-v", "--help"])
  .concat([
    "a,b",
    "0x11",
    "-1",
    "1e9",
    "0",
    "wire",
    "drop",
    "cut",
    "alice",
    "host-a",
    "",
    "é",
    "\0",
    "http://127.0.0.1:1",
  ]);

test("whatever the words are, the command ends with 0, 1 or 2, and never by a mistake of its own", async () => {
  const argv = fc.tuple(
    fc.constantFrom(...verbs),
    fc.array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 6 }),
  );
  await fc.assert(
    fc.asyncProperty(argv, async ([verb, rest]) => {
      const terminal = new RecordedTerminal();
      const environment = { NOMAD_LAB: "http://127.0.0.1:1", NOMAD_SECRET_FILE: join(cwd, "secret") };
      const exitCode = await run([...verb, ...rest], new Cli(terminal, cwd, environment));
      expect([0, 1, 2]).toContain(exitCode);
      expect(terminal.errLines.join("\n")).not.toContain("E_INTERNAL");
    }),
    { numRuns: 200 },
  );
});
