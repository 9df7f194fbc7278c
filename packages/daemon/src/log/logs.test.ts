import { fileURLToPath } from "node:url";
import { bearerToken, type MoveRecord } from "@nomad/protocol/http";
import { pino } from "pino";
import { expect, test } from "vitest";
import { startCentral } from "../central/shell/start-central.ts";
import { startHost } from "../host/shell/start-host.ts";
import { secret } from "../testing/small-lab.ts";

interface Line {
  readonly name: string;
  readonly msg: string;
  readonly move?: string;
  readonly guest?: string;
}

const lines: Line[] = [];
const logOf = (name: string) => pino({ base: { name } }, { write: (line: string) => lines.push(JSON.parse(line)) });
const where = { host: "127.0.0.1", port: 0, secret };
const images = fileURLToPath(new URL("../../../guest/images", import.meta.url));

async function moveOneGuest(): Promise<MoveRecord> {
  await using undo = new AsyncDisposableStack();
  const central = await startCentral({ ...where, journal: ":memory:", version: "test", log: logOf("central") });
  undo.defer(() => central.close());
  for (const name of ["host-a", "host-b"]) {
    const host = await startHost({ name, central: central.url, ...where, images, icrc: true, log: logOf(name) });
    undo.defer(() => host.close());
  }
  const post = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${bearerToken(secret)}` };
    return (await fetch(`${central.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })).json();
  };
  await post("/v1/guests", { name: "alice", image: "hello", host: "host-a" });
  return ((await post("/v1/moves?wait=true", { guest: "alice", to: "host-b" })) as { move: MoveRecord }).move;
}

test("in every process, each line about a move has its id and its guest", async () => {
  const { id, outcome } = await moveOneGuest();
  expect(outcome).toBe("released");
  const about = lines.filter(({ msg }) => msg.includes("move"));
  expect(about.every(({ move, guest }) => move === id && guest === "alice")).toBe(true);
  const saidBy = (process: string) =>
    about.filter(({ name }) => name === process).map(({ msg }) => msg.replace(`move ${id}: `, ""));
  expect(saidBy("central")).toEqual(expect.arrayContaining(["planned", "stopped", "COMMITTED", "running", "released"]));
  expect(saidBy("host-a")).toEqual(expect.arrayContaining(["SUSPEND from central", "RELEASE from central"]));
  expect(saidBy("host-b")).toEqual(expect.arrayContaining(["PREPARE from central", "STATE from host-a"]));
});
