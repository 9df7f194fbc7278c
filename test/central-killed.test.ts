import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDecided, isEnded, type Phase, phases } from "@nomad/protocol";
import { LabClient } from "nomad-rdma";
import { expect, test } from "vitest";
import { freePort } from "./kit/free-port.ts";
import type { NomadCommand } from "./kit/nomad-command.ts";
import { Workspace } from "./kit/workspace.ts";

/** Those that a move goes through when nothing goes wrong. */
const underWay = phases.filter((phase) => phase !== "aborting" && !isEnded(phase));

/** A lab whose central is started by hand, so that it can be killed and started again. */
class HandMadeLab {
  readonly #workspace: Workspace;
  readonly #port: number;
  #central: NomadCommand;
  client: LabClient;

  private constructor(workspace: Workspace, port: number, central: NomadCommand, client: LabClient) {
    this.#workspace = workspace;
    this.#port = port;
    this.#central = central;
    this.client = client;
  }

  static async start(workspace: Workspace, crashIn: Phase): Promise<HandMadeLab> {
    const port = await freePort();
    const process = startCentral(workspace, port, crashIn);
    await process.errMatch(/central is up/);
    for (const name of ["host-a", "host-b", "host-c"]) {
      const central = `http://127.0.0.1:${port}`;
      const host = workspace.start("host", "--name", name, "--central", central, ...common(workspace));
      await host.errMatch(/is up/);
    }
    const secret = Buffer.from(readFileSync(join(workspace.path, ".nomad", "secret"), "utf8").trim());
    const client = new LabClient({ url: `http://127.0.0.1:${port}`, secret });
    return new HandMadeLab(workspace, port, process, client);
  }

  /** Resolves once central has killed itself. */
  async centralDies(): Promise<void> {
    expect((await this.#central.ended).signal).toBe("SIGKILL");
  }

  async startCentral(crashIn: Phase | null): Promise<void> {
    this.#central = startCentral(this.#workspace, this.#port, crashIn);
    await this.#central.errMatch(/central is up/);
  }
}

function startCentral(workspace: Workspace, port: number, crashIn: Phase | null): NomadCommand {
  const listen = ["--listen", `127.0.0.1:${port}`, "--journal", "journal.db"];
  return workspace.start("central", ...listen, ...common(workspace), ...(crashIn ? ["--crash-in", crashIn] : []));
}

/** The secret's path on the command line is by what the workspace knows its daemons. */
const common = (workspace: Workspace) => ["-v", "--secret-file", join(workspace.path, ".nomad", "secret")];

/** Asks until the answer is as wanted: the requests themselves take the time. */
async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
  }
}

test("central is killed in each phase of a move: started again it finishes or undoes the move, and nothing is lost", {
  timeout: 120_000,
}, async () => {
  await using workspace = new Workspace();
  const lab = await HandMadeLab.start(workspace, underWay[0] as Phase);
  const pair = { image: "pair", arguments: { seed: "7" } };
  await lab.client.runGuest({ ...pair, name: "alice", host: "host-a", arguments: { name: "alice", peer: "bob" } });
  await lab.client.runGuest({ ...pair, name: "bob", host: "host-b", arguments: { name: "bob", peer: "alice" } });
  await until(
    () => lab.client.report("bob"),
    (report) => (report?.connections[0]?.delivered ?? 0) > 0,
  );
  for (const [i, phase] of underWay.entries()) {
    const { guests } = await lab.client.status();
    const from = guests.find(({ name }) => name === "alice")?.host ?? "";
    const to = from === "host-a" ? "host-c" : "host-a";
    await Promise.allSettled([lab.client.move({ guest: "alice", to }, { wait: false }), lab.centralDies()]);
    await lab.startCentral(underWay[i + 1] ?? null);
    const { moves } = await until(
      () => lab.client.status(),
      (status) => status.moves.at(-1)?.outcome !== "" && status.guests.every(({ state }) => state === "running"),
    );
    const decided = isDecided(phase);
    expect(moves.at(-1), `killed in ${phase}`).toMatchObject({ from, to, outcome: decided ? "released" : "aborted" });
    const owner = (await lab.client.status()).guests.find(({ name }) => name === "alice");
    expect(owner?.host, `killed in ${phase}`).toBe(decided ? to : from);
  }
  await lab.client.stopGuest("alice");
  const { guests } = await until(
    () => lab.client.status(),
    (status) => status.guests.every(({ state }) => state !== "running"),
  );
  expect(guests.map(({ name, state }) => `${name} ${state}`)).toEqual(["alice exited", "bob exited"]);
  for (const name of ["alice", "bob"]) expect(await lab.client.report(name)).toMatchObject({ verified: true });
});
