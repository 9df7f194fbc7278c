import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cli } from "../cli.ts";
import type { Finding } from "../doctor/finding.ts";
import { checkNode } from "../doctor/node-version.ts";
import { run } from "../shell/main.ts";
import { RecordedTerminal } from "../testing/recorded-terminal.ts";
import { FakeLab } from "../testing/shell/fake-lab.ts";

const secretText = "a secret of sixteen and more";
let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "nomad-doctor-"));
  writeFileSync(join(cwd, "secret"), `${secretText}\n`, { mode: 0o600 });
});
afterEach(() => rmSync(cwd, { recursive: true }));

async function doctor(environment: Record<string, string>) {
  const terminal = new RecordedTerminal();
  const all = { NOMAD_SECRET_FILE: join(cwd, "secret"), PATH: join(cwd, "bin"), ...environment };
  const exitCode = await run(["doctor", "--json"], new Cli(terminal, cwd, all));
  const { findings } = JSON.parse(terminal.outLines.at(-1) ?? "") as { findings: Finding[] };
  return { exitCode, of: (check: string) => findings.find((finding) => finding.check === check) };
}

test("a lab that answers is fine, as are a secret for its owner alone and programs that are in the path", async () => {
  await using lab = await FakeLab.start(Buffer.from(secretText), ["host-a"]);
  mkdirSync(join(cwd, "bin"));
  writeFileSync(join(cwd, "bin", "tshark"), "", { mode: 0o755 });
  const { of } = await doctor({ NOMAD_LAB: lab.central.url });
  expect(of("lab")).toMatchObject({ found: expect.stringContaining("1 host") });
  expect(of("lab")?.level).not.toBe("fail");
  expect(of("secret")?.level).toBe("ok");
  expect(of("tshark")).toEqual({ check: "tshark", level: "ok", found: join(cwd, "bin", "tshark") });
  expect(of("chromium")).toMatchObject({ level: "warn", next: expect.stringContaining("NOMAD_CHROMIUM") });
});

test("a lab that was named and does not answer fails, and so does a secret that others can read", async () => {
  chmodSync(join(cwd, "secret"), 0o644);
  const { exitCode, of } = await doctor({ NOMAD_LAB: "http://127.0.0.1:1" });
  expect(exitCode).toBe(1);
  expect(of("lab")).toMatchObject({ level: "fail", next: expect.stringContaining("lab up") });
  expect(of("secret")).toMatchObject({ level: "fail", next: `chmod 600 ${join(cwd, "secret")}` });
});

test.each([
  ["26.9.0", "ok"],
  ["24.1.0", "fail"],
])("Node %s is %s", (version, level) => {
  expect(checkNode(version).level).toBe(level);
});
