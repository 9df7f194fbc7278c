import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fakeCommands } from "../../testing/shell/fake-commands.ts";
import { describeExit } from "./daemon-process.ts";
import { Lab, type LabOptions } from "./lab.ts";
import { survivors } from "./process-table.ts";

const hosts = ["host-a", "host-b"];
const start = (options: Partial<LabOptions> = {}) =>
  Lab.start({ hosts, commands: fakeCommands(), log: () => () => {}, ...options });
const pidsOf = (lab: Lab) => lab.all.map((daemon) => daemon.pid);

test("a lab is central and its hosts, and leaves no process behind", async () => {
  const pids: number[] = [];
  {
    await using lab = await start();
    pids.push(...pidsOf(lab));
    expect(lab.processes.map(({ role, name }) => `${role} ${name}`)).toEqual([
      "central central",
      "host host-a",
      "host host-b",
    ]);
    expect(await survivors(pids, 0)).toEqual(pids);
  }
  expect(await survivors(pids, 0)).toEqual([]);
});

test("the log of each daemon arrives under its name", async () => {
  const logged: string[] = [];
  await using lab = await start({ log: (name) => (line) => logged.push(`${name}: ${line}`) });
  await lab.end();
  expect(logged.sort()).toEqual(["central: central begins", "host-a: host-a begins", "host-b: host-b begins"]);
});

test.each([
  ["deaf", "does not listen to SIGTERM"],
  ["hanging", "cannot close what it has open"],
])("a %s daemon, which %s, still ends within 3 s", async (behaviour) => {
  const lab = await start({ commands: fakeCommands({ "host-a": behaviour, "host-b": behaviour }) });
  const began = performance.now();
  await lab.end();
  expect(performance.now() - began).toBeLessThan(3000);
  expect(await survivors(pidsOf(lab), 0)).toEqual([]);
});

test.each([
  ["failing", "E_CONFIG", "host-b did not start: the address is in use"],
  ["crashing", "E_INTERNAL", "host-b ended before it was ready (exit code 7)"],
])("when a host is %s the lab does not start, says why and ends the others", async (behaviour, code, message) => {
  const commands = fakeCommands({ "host-b": behaviour });
  await expect(start({ commands })).rejects.toThrow(expect.objectContaining({ code, message }));
});

test("a start that is called off ends what was started", async () => {
  const abort = new AbortController();
  const begun: string[] = [];
  const log = (name: string) => () => {
    begun.push(name);
    if (begun.length === 2) abort.abort(new Error("interrupted"));
  };
  const commands = fakeCommands({ "host-b": "silent" });
  await expect(start({ commands, signal: abort.signal, log })).rejects.toThrow("interrupted");
  expect(begun).toEqual(["central", "host-a"]);
});

test("a process that dies by itself is told of, those we end are not", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const deaths: string[] = [];
  const onDeath: LabOptions["onDeath"] = (daemon, exit) => {
    deaths.push(daemon.name);
    resolve(`${daemon.name}: ${describeExit(exit)}`);
  };
  await using lab = await start({ onDeath });
  lab.hosts[1]?.kill("SIGKILL");
  expect(await promise).toBe("host-b: SIGKILL");
  await lab.end();
  expect(deaths).toEqual(["host-b"]);
});

test("when the launcher is killed with SIGKILL its daemons end by themselves", async () => {
  const { child, pids } = await launcher([]);
  child.kill("SIGKILL");
  expect(await survivors(pids, 3000)).toEqual([]);
});

test("a lab that is kept outlives its launcher", async () => {
  const { child, pids } = await launcher(["keep"]);
  await once(child, "exit");
  expect(await survivors(pids, 0)).toEqual(pids);
  for (const pid of pids) process.kill(pid, "SIGTERM");
  expect(await survivors(pids, 3000)).toEqual([]);
});

async function launcher(args: string[]) {
  const program = fileURLToPath(new URL("../../testing/shell/fake-launcher.ts", import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  return { child, pids: JSON.parse(line) as number[] };
}
