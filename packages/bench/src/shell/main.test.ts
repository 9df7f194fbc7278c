import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

async function bench(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args]);
  const exit = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, stdout, stderr };
}

test("a short run measures every figure between two processes, and its result is the only line on stdout", async () => {
  const { code, stdout, stderr } = await bench("--only", "hca", "--quick", "--json");
  expect(stderr).toMatch(/round 1 {2}send-rtt-64/);
  expect(code).toBe(0);
  const { figures } = JSON.parse(stdout) as { figures: { name: string; value: number; floor: number }[] };
  expect(figures.slice(0, 4).map((figure) => figure.name)).toEqual([
    "send-rtt-64",
    "write-bw-1m",
    "write-bw-1m-noicrc",
    "send-rate-64",
  ]);
  const names = figures.map((figure) => figure.name);
  expect(names.slice(-3)).toEqual(["guest-rtt-64", "virtualization-latency", "virtualization-bandwidth"]);
  for (const figure of figures) {
    expect(figure.value).toBeGreaterThan(0);
    if (figure.name !== "qp-memory") expect(figure.floor).toBeGreaterThan(0);
  }
});

test("a short run of moves measures the pause by phases, beside what a move is made of", async () => {
  const { code, stdout } = await bench("--only", "move", "--quick", "--json");
  expect(code).toBe(0);
  const { figures } = JSON.parse(stdout) as { figures: { name: string; value: number; floor: number }[] };
  const names = figures.map((figure) => figure.name);
  expect(names).toEqual(
    expect.arrayContaining(["pause-idle-64m", "precopy-bw", "pause-idle-1", "idle-1-bound", "active-1-stopped"]),
  );
  expect(names.slice(-4)).toEqual(["control-rtt", "memory-scan", "journal-commit", "bulk-bandwidth"]);
  for (const figure of figures) expect(figure.value).toBeGreaterThan(0);
}, 120_000);

test("a suite that there is not is a mistake of usage", async () => {
  const { code, stdout } = await bench("--only", "everything");
  expect(code).toBe(1);
  expect(stdout).toBe("");
});
