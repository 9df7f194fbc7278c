// A process that behaves towards the launcher as a daemon does: `node fake-daemon.ts ROLE NAME [BEHAVIOUR]`.
import { liveUntilAsked } from "../../shell/daemon-life.ts";

const [role, name, behaviour] = process.argv.slice(2);

const behaviours: Readonly<Record<string, () => Promise<void>>> = {
  async well() {
    ready();
    await liveUntilAsked({ close: async () => {} }, true);
    process.exit(0);
  },
  async deaf() {
    process.on("SIGTERM", () => {});
    ready();
    setInterval(() => {}, 1000);
  },
  async hanging() {
    ready();
    await liveUntilAsked({ close: () => new Promise(() => {}) }, true);
  },
  async failing() {
    const error = { code: "E_CONFIG", message: "the address is in use", nextStep: "" };
    process.stdout.write(`${JSON.stringify({ ok: false, error })}\n`);
  },
  async crashing() {
    process.exit(7);
  },
  async silent() {
    await liveUntilAsked({ close: async () => {} }, true);
    process.exit(0);
  },
};

function ready(): void {
  process.stderr.write(`${name} begins\n`);
  const line = { ready: true, role, name, url: "ws://127.0.0.1:9", pid: process.pid };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

await behaviours[behaviour ?? "well"]?.();
