import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cli } from "../cli.ts";
import { RecordedTerminal } from "../testing/recorded-terminal.ts";
import { FakeLab } from "../testing/shell/fake-lab.ts";
import { run } from "./main.ts";

const secretText = "a secret of sixteen and more";
let lab: FakeLab;
let cwd: string;

beforeEach(async () => {
  lab = await FakeLab.start(Buffer.from(secretText), ["host-a", "host-b"]);
  cwd = mkdtempSync(join(tmpdir(), "nomad-cli-"));
  writeFileSync(join(cwd, "secret"), `${secretText}\n`, { mode: 0o600 });
});
afterEach(async () => {
  rmSync(cwd, { recursive: true });
  await lab[Symbol.asyncDispose]();
});

interface Called {
  readonly exitCode: number;
  readonly out: string[];
  readonly err: string[];
}

async function nomad(...argv: string[]): Promise<Called> {
  const terminal = new RecordedTerminal();
  const environment = { NOMAD_LAB: lab.central.url, NOMAD_SECRET_FILE: join(cwd, "secret") };
  const exitCode = await run(argv, new Cli(terminal, cwd, environment));
  return { exitCode, out: terminal.outLines, err: terminal.errLines };
}

const json = (called: Called) => JSON.parse(called.out.at(-1) ?? "");

test("status shows tables, and with --json one line with the fields that scripts rely on", async () => {
  await nomad("guest", "run", "pair", "role=a", "--name", "alice", "--host", "host-a");
  const tables = await nomad("status");
  expect(tables.out.join("\n")).toMatch(/^HOST .*\nhost-a +up.*\nhost-b +up.*\n\nGUEST .*\nalice +host-a +running/);
  const scripted = await nomad("status", "--json");
  expect(scripted.out).toHaveLength(1);
  expect(json(scripted)).toMatchObject({ ok: true, hosts: [{ name: "host-a", state: "up" }, {}], moves: [] });
  expect(json(scripted).guests[0]).toMatchObject({ name: "alice", host: "host-a", epoch: 1, state: "running" });
});

test("the words after an image are its program's arguments", async () => {
  expect((await nomad("guest", "run", "pair", "role=a", "seed=7")).exitCode).toBe(0);
  const request = lab.central.seen.find(({ method }) => method === "POST");
  expect(request?.body).toEqual({ name: "pair", image: "pair", arguments: { role: "a", seed: "7" } });
});

test("a move that is released is a success, one that is aborted is a failure and says why", async () => {
  await nomad("guest", "run", "pair", "--name", "alice", "--host", "host-a");
  expect((await nomad("migrate", "alice", "host-b")).exitCode).toBe(0);
  lab.moveOutcome = () => ({ outcome: "aborted", error: { code: "E_DIGEST", message: "page 7 differs" } });
  const aborted = await nomad("migrate", "alice", "host-a", "--inject", "flip-page", "--json");
  expect(aborted.exitCode).toBe(1);
  expect(json(aborted)).toMatchObject({ ok: false, move: { outcome: "aborted", error: { code: "E_DIGEST" } } });
  expect(lab.central.seen.at(-1)?.body).toEqual({ guest: "alice", to: "host-a", inject: "flip-page" });
});

test("a host is evacuated guest by guest, and central chooses where to", async () => {
  await nomad("guest", "run", "pair", "--name", "alice", "--host", "host-a");
  await nomad("guest", "run", "pair", "--name", "bob", "--host", "host-a");
  const called = await nomad("evacuate", "host-a", "--json");
  expect(called.exitCode).toBe(0);
  expect(json(called)).toMatchObject({
    ok: true,
    host: "host-a",
    left: [],
    moves: [{ guest: "alice" }, { guest: "bob" }],
  });
  expect(lab.central.seen.filter(({ path }) => path.startsWith("/v1/moves")).map(({ body }) => body)).toEqual([
    { guest: "alice" },
    { guest: "bob" },
  ]);
  expect((await nomad("evacuate", "host-a")).out).toEqual(["host-a is empty: 0 guests moved"]);
});

test("strict moves are asked for, of one guest and of all", async () => {
  await nomad("guest", "run", "pair", "--name", "alice", "--host", "host-a");
  expect((await nomad("migrate", "alice", "host-b", "--strict")).exitCode).toBe(0);
  expect(lab.central.seen.at(-1)?.body).toEqual({ guest: "alice", to: "host-b", strict: true });
  expect((await nomad("evacuate", "host-b", "--strict")).exitCode).toBe(0);
  expect(lab.central.seen.map(({ body }) => body)).toContainEqual({ guest: "alice", strict: true });
});

test("a guest that cannot be moved stays, the others go, and the evacuation is a failure", async () => {
  await nomad("guest", "run", "pair", "--name", "alice", "--host", "host-a");
  await nomad("guest", "run", "pair", "--name", "bob", "--host", "host-a");
  lab.moveOutcome = (n) => (n === 1 ? { outcome: "aborted", error: { code: "E_DRAIN", message: "1 left" } } : {});
  const called = await nomad("evacuate", "host-a", "--json");
  expect(called.exitCode).toBe(1);
  expect(json(called)).toMatchObject({ ok: false, left: [{ guest: "alice", code: "E_DRAIN", message: "1 left" }] });
  expect(lab.guests.get("bob")?.host).toBe("host-b");
});

test("an unknown host cannot be evacuated", async () => {
  const called = await nomad("evacuate", "host-z", "--json");
  expect(called.exitCode).toBe(1);
  expect(json(called).error.code).toBe("E_NO_HOST");
});

test("a guest is stopped when it has ended, not when it was asked", async () => {
  await nomad("guest", "run", "pair", "--name", "alice", "--host", "host-a");
  expect(json(await nomad("guest", "stop", "alice", "--json"))).toMatchObject({
    guest: { state: "exited", exitCode: 0 },
  });
});

test("an error is two lines on stderr; with --json also the last line of stdout", async () => {
  const called = await nomad("migrate", "carol", "host-b", "--json");
  expect(called.exitCode).toBe(1);
  expect(called.err).toEqual(["nomad-rdma: E_NO_GUEST: no guest carol\n  next: see `nomad-rdma guest ls`"]);
  expect(json(called)).toMatchObject({ ok: false, error: { code: "E_NO_GUEST", message: "no guest carol" } });
});

test("a wrong secret is told from a missing lab", async () => {
  writeFileSync(join(cwd, "other"), "a quite different secret\n", { mode: 0o600 });
  const refused = await nomad("status", "--secret-file", join(cwd, "other"), "--json");
  expect(json(refused).error.code).toBe("E_AUTH");
  const absent = await nomad("status", "--lab", "http://127.0.0.1:1", "--json");
  expect(json(absent).error.code).toBe("E_NO_LAB");
});

test.each([
  [["status", "--bogus"], "--bogus"],
  [["fly"], "fly"],
  [["migrate", "alice"], "host"],
  [["migrate", "alice", "host-b", "--inject", "rain"], "flip-page"],
  [["lab", "run", "--hosts", "1"], "from 2 to 64"],
  [["central", "--listen", "nowhere"], "HOST:PORT"],
  [["host", "--name", "Host A"], "a-z"],
  [["lab", "demo", "--pairs", "7"], "from 1 to 6"],
  [["guest", "run", "pair", "novalue"], "KEY=VALUE"],
  [["capture", "--qp", "0x1000000"], "16777215"],
  [["capture", "--host", "host-a", "--guest", "alice"], "--guest"],
  [["capture", "--out", "-", "--json"], "--out -"],
])("%j is wrong usage", async (argv, text) => {
  const called = await nomad(...argv);
  expect(called.exitCode).toBe(2);
  expect(called.err.join("\n")).toContain("E_USAGE");
  expect(called.err.join("\n")).toContain(text);
});

test("every verb explains itself", async () => {
  const verbs = [
    "",
    "lab",
    "lab up",
    "lab run",
    "lab down",
    "lab demo",
    "guest run",
    "guest ls",
    "guest logs",
    "guest stop",
  ];
  for (const verb of [
    ...verbs,
    "migrate",
    "evacuate",
    "status",
    "capture",
    "dissect",
    "central",
    "host",
    "image build",
  ]) {
    const called = await nomad(...verb.split(" ").filter(Boolean), "--help");
    expect(called.exitCode).toBe(0);
    expect(called.out.join("\n")).toMatch(/^Usage: nomad-rdma/);
    expect(called.out.join("\n")).toContain("--json");
  }
});

test("a lab file that is wrong is refused before anything starts", async () => {
  const path = join(cwd, "nomad.lab.json");
  writeFileSync(path, JSON.stringify({ hosts: 1, guests: [{ name: "alice", image: "pair", host: "host-z" }] }));
  const called = await nomad("lab", "up", "--file", path, "--json");
  expect(json(called).error).toMatchObject({ code: "E_CONFIG", message: expect.stringContaining("guests[0].host") });
  expect(readdirSync(cwd).sort()).toEqual(["nomad.lab.json", "secret"]);
});
