// `npm run test:docker`: builds the image and runs the tests of this folder against it. Where there is no engine it says
// so and succeeds: that is no fault of the project's.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

const execute = promisify(execFile);
const root = new URL("../..", import.meta.url);

/** Runs a program with our stdout and stderr; its exit code. */
async function run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(program, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...environment } });
  const [exitCode] = await once(child, "exit");
  return exitCode ?? 1;
}

/** Why the tests cannot run here, or null. */
async function obstacle(): Promise<string | null> {
  try {
    await execute("docker", ["info", "--format", "{{.ServerVersion}}"], { timeout: 10_000 });
    await execute("docker", ["compose", "version"], { timeout: 10_000 });
    return null;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    return (stderr?.trim() || message).split("\n")[0] ?? "";
  }
}

/** Testcontainers' helper against leaks is used where it is; the tests clean up without it. */
async function hasReaper(): Promise<boolean> {
  const { stdout } = await execute("docker", ["image", "ls", "--quiet", "testcontainers/ryuk"]);
  return stdout.trim() !== "";
}

async function main(): Promise<number> {
  const reason = await obstacle();
  if (reason !== null) {
    process.stdout.write(`test:docker: SKIPPED: no Docker engine with Compose v2 answers here: ${reason}\n`);
    return 0;
  }
  const built = await run("docker", ["compose", "build", "--quiet"]);
  if (built !== 0) return built;
  const environment = (await hasReaper()) ? {} : { TESTCONTAINERS_RYUK_DISABLED: "true" };
  const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", "test/docker/vitest.config.ts"];
  return run(process.execPath, [...vitest, ...process.argv.slice(2)], environment);
}

process.exitCode = await main();
