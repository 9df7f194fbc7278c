import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cli } from "../cli.ts";
import { run } from "../shell/main.ts";
import { RecordedTerminal } from "../testing/recorded-terminal.ts";

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "nomad-init-"));
});
afterEach(() => rmSync(cwd, { recursive: true }));

async function nomad(...argv: string[]) {
  const terminal = new RecordedTerminal();
  const exitCode = await run(argv, new Cli(terminal, cwd, { NOMAD_IMAGES: join(cwd, "images") }));
  return { exitCode, out: terminal.outLines.join("\n"), err: terminal.errLines.join("\n") };
}

test("init writes a lab file that is right once its guest's image is built", async () => {
  expect((await nomad("init")).exitCode).toBe(0);
  const before = await nomad("validate");
  expect(before).toMatchObject({ exitCode: 1, err: expect.stringContaining("there is no image guest") });
  expect(before.err).toContain("nomad-rdma image build");
  expect((await nomad("image", "build", join(cwd, "guest.ts"))).exitCode).toBe(0);
  const after = await nomad("validate", "--json");
  expect(JSON.parse(after.out)).toMatchObject({ ok: true, name: "my-lab", guests: ["alice", "bob"] });
});

test("init overwrites nothing unless it may", async () => {
  writeFileSync(join(cwd, "guest.ts"), "mine");
  const refused = await nomad("init");
  expect(refused).toMatchObject({ exitCode: 1, err: expect.stringContaining("--force") });
  expect(readFileSync(join(cwd, "guest.ts"), "utf8")).toBe("mine");
  expect((await nomad("validate")).err).toContain("there is no lab file");
  expect((await nomad("init", "--force")).exitCode).toBe(0);
  expect(readFileSync(join(cwd, "guest.ts"), "utf8")).toContain("export function main()");
});

test("validate tells every image that is damaged", async () => {
  const guests = ["one", "two"].map((name) => ({ name, image: name }));
  writeFileSync(join(cwd, "nomad.lab.json"), JSON.stringify({ guests }));
  const { exitCode, err } = await nomad("validate");
  expect(exitCode).toBe(1);
  expect(err).toMatch(/no image one.*no image two/);
});
