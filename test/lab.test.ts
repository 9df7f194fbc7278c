import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GuestReport, MoveRecord } from "@nomad/protocol/http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lastJson } from "./kit/nomad-command.ts";
import { RunningLab } from "./kit/running-lab.ts";

interface Failed {
  readonly ok: false;
  readonly error: { readonly code: string; readonly message: string; readonly nextStep: string };
}

let lab: RunningLab;

beforeAll(async () => {
  lab = await RunningLab.start();
  await lab.startPair();
}, 60_000);
afterAll(() => lab[Symbol.asyncDispose]());

test("a page flipped in transit aborts the move: the guest lives on at its source, and its connection is intact", {
  timeout: 60_000,
}, async () => {
  const ended = await lab.workspace.run("migrate", "alice", "host-c", "--inject", "flip-page", "--json");
  expect(ended.exitCode).toBe(1);
  const { move } = lastJson<{ move: MoveRecord }>(ended);
  expect(move).toMatchObject({ outcome: "aborted", error: { code: "E_DIGEST" } });
  expect(move.digestSource).not.toBe(move.digestDestination);
  await lab.untilTraffic();
  expect(lab.events.view.guests.get("alice")).toMatchObject({ host: "host-a", state: "running" });

  const again = await lab.workspace.run("migrate", "alice", "host-c", "--json");
  expect(lastJson<{ move: MoveRecord }>(again).move.outcome, again.stderr).toBe("released");
  await lab.untilTraffic();
});

test.each([
  ["an unknown guest", ["migrate", "carol", "host-a"], "E_NO_GUEST"],
  ["an unknown host", ["migrate", "alice", "host-z"], "E_NO_HOST"],
  ["an unknown image", ["guest", "run", "nothing", "--name", "dave"], "E_IMAGE"],
  ["a guest that is there already", ["guest", "run", "pair", "--name", "bob"], "E_STATE"],
  ["the logs of nobody", ["guest", "logs", "carol"], "E_NO_GUEST"],
])("%s is a clear error", { timeout: 20_000 }, async (_what, args, code) => {
  const ended = await lab.workspace.run(...args, "--json");
  expect(ended.exitCode).toBe(1);
  expect(lastJson<Failed>(ended).error.code, ended.stderr).toBe(code);
});

test("another secret is refused, and a host that has it does not start", { timeout: 30_000 }, async () => {
  const path = join(lab.workspace.path, "other-secret");
  writeFileSync(path, "not the secret of this lab\n", { mode: 0o600 });
  const status = await lab.workspace.run("status", "--secret-file", path, "--json");
  expect(lastJson<Failed>(status).error.code).toBe("E_AUTH");
  const host = await lab.workspace.run(
    "host",
    "--name",
    "host-x",
    "--central",
    lab.url,
    "--secret-file",
    path,
    "--json",
  );
  expect(host.exitCode).toBe(1);
  expect(lastJson<Failed>(host).error.code).toBe("E_AUTH");
});

test("a second lab on the same port says that the port is in use, and leaves nothing", {
  timeout: 30_000,
}, async () => {
  const before = lab.workspace.daemons().length;
  const port = new URL(lab.url).port;
  const second = await lab.workspace.run("lab", "up", "--port", port, "--json");
  expect(lastJson<Failed>(second).error).toMatchObject({ code: "E_CONFIG", message: expect.stringContaining(port) });
  expect(lab.workspace.daemons()).toHaveLength(before);
});

test("guests that are asked to end verify what they exchanged, and the lab goes down", {
  timeout: 60_000,
}, async () => {
  const stop = (name: string) => lab.workspace.run("guest", "stop", name, "--json");
  for (const stopped of await Promise.all([stop("alice"), stop("bob")])) {
    expect(lastJson<{ guest: object }>(stopped)).toMatchObject({ guest: { state: "exited", exitCode: 0 } });
  }
  for (const name of ["alice", "bob"]) {
    const report: GuestReport | null = await lab.client.report(name);
    expect(report).toMatchObject({
      verified: true,
      connections: [{ status: "ok", lost: 0, duplicated: 0, reordered: 0, corrupted: 0 }],
    });
  }
  expect((await lab.workspace.run("guest", "logs", "alice")).stdout).toContain("bob");
  expect((await lab.workspace.run("lab", "down")).exitCode).toBe(0);
  expect(lab.workspace.daemons()).toEqual([]);
});
