import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

let home = "";
const children: ChildProcessWithoutNullStreams[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "nomad-examples-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(home, { recursive: true });
});

/** A running example, whose lines can be waited for. */
class Example {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exit: Promise<number | null>;
  readonly #lines: AsyncIterator<string>;
  #errors = "";

  constructor(name: string, ...args: string[]) {
    const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
    const env = { ...process.env, NOMAD_SECRET_FILE: join(home, "secret") };
    this.child = spawn(process.execPath, [file, ...args], { env });
    children.push(this.child);
    this.exit = new Promise((resolve) => this.child.on("exit", resolve));
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.child.stderr.on("data", (data) => {
      this.#errors += data;
    });
  }

  /** The next line that matches. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`it ended without a line like ${pattern}\n${this.#errors}`);
      if (pattern.test(value)) return value;
    }
  }

  async url(): Promise<string> {
    return (await this.line(/--connect/)).split(" ").at(-1) ?? "";
  }
}

test.each(["ping-pong", "one-sided-counter", "datagram-chat"])("%s says how it is used", async (name) => {
  const help = new Example(name, "--help");
  expect(await help.line(/--connect URL/)).toMatch(name);
  expect(await help.exit).toBe(0);
});

test("ping-pong prints the latency, and both ends end", async () => {
  const server = new Example("ping-pong");
  const client = new Example("ping-pong", "--count", "50", "--connect", await server.url());
  expect(await client.line(/median/)).toMatch(/^50 round trips of 64 bytes: median [\d.]+ us, 99th percentile/);
  expect(await Promise.all([client.exit, server.exit])).toEqual([0, 0]);
});

test("one-sided-counter counts what two processes add", async () => {
  const owner = new Example("one-sided-counter");
  const url = await owner.url();
  const adders = [30, 70].map((add) => new Example("one-sided-counter", "--add", `${add}`, "--connect", url));
  for (const adder of adders) await adder.line(/^added/);
  expect(await owner.line(/counter/)).toBe("the counter stands at 100");
  expect(await Promise.all([owner, ...adders].map(({ exit }) => exit))).toEqual([0, 0, 0]);
});

test("datagram-chat shows each terminal what the other types", async () => {
  const alice = new Example("datagram-chat", "--name", "alice");
  const bob = new Example("datagram-chat", "--name", "bob", "--connect", await alice.url());
  await alice.line(/^bob: is here$/);
  alice.child.stdin.write("hello bob\n");
  await bob.line(/^alice: hello bob$/);
  bob.child.stdin.end("hello alice\n");
  await alice.line(/^bob: hello alice$/);
  await alice.line(/^bob: has left$/);
  alice.child.stdin.end();
  expect(await Promise.all([alice.exit, bob.exit])).toEqual([0, 0]);
});
