// What docs/guests.md tells a newcomer to do, done as it is written there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Workspace } from "../kit/workspace.ts";
import { shellCommands } from "./shell-commands.ts";

const page = readFileSync(new URL("../../docs/guests.md", import.meta.url), "utf8");
const npx = "npx nomad-rdma ";

let workspace: Workspace;
const imagesBefore = process.env.NOMAD_IMAGES;

beforeAll(() => {
  workspace = new Workspace();
  process.env.NOMAD_IMAGES = join(workspace.path, "images");
});
afterAll(async () => {
  if (imagesBefore === undefined) delete process.env.NOMAD_IMAGES;
  else process.env.NOMAD_IMAGES = imagesBefore;
  await workspace[Symbol.asyncDispose]();
});

test("the commands of the page about guests work one after the other, and no message is missing", async () => {
  const commands = shellCommands(page);
  expect(commands).toContain(`${npx}init`);
  const said = new Map<string, string>();
  for (const command of commands) {
    expect(command.startsWith(npx), command).toBe(true);
    const ended = await workspace.run(...command.slice(npx.length).split(/\s+/));
    expect(ended.exitCode, `${command}\n${ended.stderr}`).toBe(0);
    said.set(command, ended.stdout);
  }
  expect(said.get(`${npx}migrate alice host-c`)).toContain("released");
  expect(said.get(`${npx}guest logs bob`)).toMatch(/^sent \d+, received \d+, none missing$/m);
  expect(workspace.daemons()).toEqual([]);
});
