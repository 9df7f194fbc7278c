import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { secret, smallLab } from "@nomad/daemon/testing";
import { LabClient } from "nomad-rdma";
import { expect, test } from "vitest";

test("rebalance moves guests until hosts have equally many", async () => {
  await using lab = await smallLab(2);
  const home = mkdtempSync(join(tmpdir(), "nomad-examples-"));
  const secretFile = join(home, "secret");
  writeFileSync(secretFile, `${new TextDecoder().decode(secret)}\n`, { mode: 0o600 });
  const client = new LabClient({ url: lab.central.url, secret });
  for (const name of ["alice", "bob"]) await client.runGuest({ name, image: "hello", host: "host-a" });
  const file = fileURLToPath(new URL("rebalance.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [file, lab.central.url, secretFile]);
  rmSync(home, { recursive: true });
  expect(stdout).toMatch(/^alice: host-a -> host-b: released, paused [\d.]+ ms\n$/);
  expect((await client.status()).hosts.map(({ guests }) => guests)).toEqual([1, 1]);
});
