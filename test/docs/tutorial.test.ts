// What docs/tutorial.md tells a newcomer to do, done as it is written there.
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { imagesFolder } from "@nomad/guest";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Workspace } from "../kit/workspace.ts";
import { runLine } from "./page-shell.ts";
import { shellCommands } from "./shell-commands.ts";

const page = readFileSync(new URL("../../docs/tutorial.md", import.meta.url), "utf8");

let workspace: Workspace;

beforeAll(() => {
  workspace = new Workspace();
  const images = join(workspace.path, "images");
  cpSync(join(imagesFolder, "pair.nomad"), join(images, "pair.nomad"));
  vi.stubEnv("NOMAD_IMAGES", images);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await workspace[Symbol.asyncDispose]();
});

test("the commands of the tutorial work one after the other, and show what it says", async () => {
  const [install, ...commands] = shellCommands(page);
  expect(install).toBe("npm install");
  const said = new Map<string, string>();
  for (const command of commands) said.set(command, await runLine(command, workspace.path));

  const saidTo = (part: string) => said.get(commands.find((command) => command.includes(part)) ?? "");
  expect(saidTo("migrate alice host-c")).toContain("released");
  expect(saidTo("dissect")).toMatch(/RC .* icrc ok/);
  expect(saidTo("--inject flip-page")).toContain("E_DIGEST");
  expect(saidTo("migrate alice host-a")).toContain("released");
  expect(saidTo("guest logs alice")).toContain("IBV_WC_RETRY_EXC_ERR");
  expect(saidTo("guest logs dave")).toMatch(/^sent \d+, received \d+, none missing$/m);
  expect(workspace.daemons()).toEqual([]);
});
