import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Cli, type Globals } from "../cli.ts";
import { RecordedTerminal } from "../testing/recorded-terminal.ts";
import { daemonSecret, ownSecret } from "./lab-connection.ts";

const root = mkdtempSync(join(tmpdir(), "nomad-secrets-"));
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("below the directory of a lab a host joins that lab, and a lab that is started has a secret of its own", () => {
  mkdirSync(join(root, ".nomad"));
  writeFileSync(join(root, ".nomad", "secret"), "the secret of the lab above\n", { mode: 0o600 });
  const cwd = join(root, "below");
  mkdirSync(cwd);
  const cli = new Cli(new RecordedTerminal(), cwd, {});
  const globals: Globals = { verbose: 0 };
  expect(Buffer.from(daemonSecret(cli, globals).secret).toString()).toBe("the secret of the lab above");
  const own = ownSecret(cli, globals);
  expect(own.path).toBe(join(cwd, ".nomad", "secret"));
  expect(Buffer.from(own.secret).toString()).toMatch(/^[0-9a-f]{64}$/);
  // From now on this is the nearest: who asks for the lab here finds its secret.
  writeFileSync(join(cwd, ".nomad", "lab.json"), "{}");
  expect(daemonSecret(cli, globals)).toEqual(own);
});
