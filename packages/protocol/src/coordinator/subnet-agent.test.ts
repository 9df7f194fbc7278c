import { crc32 } from "node:zlib";
import { PORT_ACTIVE, PORT_INIT } from "@nomad/abi";
import { type Lid, Random } from "@nomad/base";
import { type AsyncEvent, Hca } from "@nomad/hca";
import { gidOf, PKEY_DEFAULT } from "@nomad/iba";
import { expect, test } from "vitest";
import { SubnetAgent } from "./subnet-agent.ts";

const lid = 1 as Lid;
const settings = { gids: [gidOf(lid)], pkeys: [PKEY_DEFAULT] };

/** An agent of a port in INIT, and what its program is told. */
function port() {
  const told: string[] = [];
  const hca = new Hca({
    ...{ lid, crc32, icrc: true, random: new Random(1), portState: PORT_INIT },
    egress: { reserve: () => null, commit: () => {} },
    events: {
      translate: () => "failed",
      completionEvent: () => {},
      drained: () => {},
      asyncEvent: (event: AsyncEvent) => told.push(event.kind),
    },
  });
  return { hca, agent: new SubnetAgent(hca), told };
}

test("a port is in INIT until the subnet manager has set it, then active", () => {
  const { hca, agent, told } = port();
  expect(agent.state).toBe("INIT");
  agent.set(settings, 1);
  expect([agent.state, hca.queryPort().state]).toEqual(["ACTIVE", PORT_ACTIVE]);
  expect(told).toEqual(["PORT_ACTIVE"]);
});

test("what stays as it is is not told; another table is", () => {
  const { hca, agent, told } = port();
  agent.set(settings, 1);
  told.length = 0;
  agent.set(settings, 1);
  expect(told).toEqual([]);
  agent.set({ ...settings, pkeys: [PKEY_DEFAULT, 0x8001] }, 1);
  agent.set({ gids: [gidOf(lid), gidOf(9 as Lid)], pkeys: [PKEY_DEFAULT, 0x8001] }, 1);
  expect(told).toEqual(["PKEY_CHANGE", "GID_CHANGE"]);
  expect([hca.queryPkey(1), hca.queryGid(1)]).toEqual([0x8001, gidOf(9 as Lid)]);
});

test("a subnet manager that has taken over is told, with the wish to register again", () => {
  const { agent, told } = port();
  agent.set(settings, 1);
  told.length = 0;
  agent.set(settings, 2);
  expect(told).toEqual(["SM_CHANGE", "CLIENT_REREGISTER"]);
});

test("a fenced port is down", () => {
  const { agent, told } = port();
  agent.set(settings, 1);
  agent.fenced();
  expect([agent.state, told.at(-1)]).toEqual(["DOWN", "PORT_ERR"]);
});
