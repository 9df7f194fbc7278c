import type { Lid } from "@nomad/base";
import { gidOf, guidOf, SUBNET_PREFIX_DEFAULT, subnetGid } from "@nomad/iba";
import { expect, test } from "vitest";
import { parsePartitions } from "../http/index.ts";
import type { HostRecord } from "./directory.ts";
import { SubnetManager } from "./subnet.ts";

const refused = { connections: 0, messages: 0, frames: 0, packets: 0 };
const process = { incarnation: "", url: "", pid: 1, lastHeardAt: 0, suspectedAt: null, refused, protocol: null };

/** Hosts host-a, host-b, ... with LIDs from 1, all active. */
function subnetOf(hosts: number, ...partitions: readonly string[]) {
  const all = new Map<string, HostRecord>();
  for (let i = 0; i < hosts; i++) {
    const name = `host-${"abc"[i]}`;
    all.set(name, { ...process, name, lid: (i + 1) as Lid, state: "up", portState: "ACTIVE" });
  }
  return { hosts: all, manager: new SubnetManager(all, parsePartitions(partitions)) };
}

const pkeysOf = (manager: SubnetManager, host: string) => manager.settings(host, 1 as Lid).pkeys;
const unreachable = expect.objectContaining({ code: "E_UNREACHABLE" });

test("without configuration every port is a full member of the default partition, and of no other", () => {
  expect(pkeysOf(subnetOf(1).manager, "host-a")).toEqual([0xffff]);
});

test("members of a partition have its P_Key behind the default one; its highest bit tells full from limited", () => {
  const { manager } = subnetOf(3, "blue=0x8001:host-a,host-b=limited");
  expect(["host-a", "host-b", "host-c"].map((host) => pkeysOf(manager, host))).toEqual([
    [0xffff, 0x8001],
    [0xffff, 0x0001],
    [0xffff],
  ]);
});

test("the default partition may be configured; who is in none has a table that names none", () => {
  const { manager } = subnetOf(2, "blue=1:ALL=full,host-b=limited", "default=0x7fff:host-b");
  expect(pkeysOf(manager, "host-a")).toEqual([0x8001]);
  expect(pkeysOf(manager, "host-b")).toEqual([0x7fff, 0x0001]);
  expect(pkeysOf(subnetOf(1, "default=0xffff:host-z").manager, "host-a")).toEqual([0]);
});

test("a port's identifiers are its address, and what prefix and GUID make", () => {
  const lid = 3 as Lid;
  const { gids } = subnetOf(0).manager.settings("host-a", lid);
  expect(gids).toEqual([gidOf(lid), subnetGid(SUBNET_PREFIX_DEFAULT, guidOf(lid))]);
});

test("a new port takes the first free LID, or keeps the one that it has when nobody else has it", () => {
  const { manager, hosts } = subnetOf(2);
  expect(manager.newLid(null)).toBe(3);
  expect(manager.newLid(7 as Lid)).toBe(7);
  expect(manager.newLid(2 as Lid)).toBe(3);
  hosts.delete("host-a");
  expect(manager.newLid(null)).toBe(1);
});

test("a path is found by LID and by each of the port's identifiers", () => {
  const { manager } = subnetOf(2);
  const path = manager.path("host-a", { dlid: 2 });
  expect(path).toMatchObject({ slid: 1, dlid: 2, pkey: 0xffff, mtu: 5, sl: 0, sgid: gidOf(1 as Lid) });
  for (const dgid of manager.settings("host-b", 2 as Lid).gids) {
    expect(manager.path("host-a", { dgid })).toEqual({ ...path, dgid });
  }
});

test("a path leads to a port that is there, and that is not down", () => {
  const { manager, hosts } = subnetOf(2);
  expect(() => manager.path("host-a", { dlid: 9 })).toThrow(unreachable);
  expect(() => manager.path("host-a", { dlid: 2, dgid: gidOf(1 as Lid) })).toThrow(unreachable);
  expect(() => manager.path("host-a", {})).toThrow(unreachable);
  (hosts.get("host-b") as HostRecord).portState = "DOWN";
  expect(() => manager.path("host-a", { dlid: 2 })).toThrow(unreachable);
});

test("a path lies in the first partition that both may use, or in the one that is asked for", () => {
  const { manager } = subnetOf(
    3,
    "default=0x7fff:ALL",
    "blue=0x8001:host-a,host-b=limited",
    "red=0x8002:host-a,host-c",
  );
  expect(manager.path("host-a", { dlid: 2 }).pkey).toBe(0x8001);
  expect(manager.path("host-b", { dlid: 1 }).pkey).toBe(0x0001);
  expect(manager.path("host-a", { dlid: 3, pkey: 0x8002 }).pkey).toBe(0x8002);
  expect(() => manager.path("host-a", { dlid: 2, pkey: 0x8002 })).toThrow(unreachable);
  // Both are limited members of all that they share.
  expect(() => manager.path("host-b", { dlid: 3 })).toThrow("no partition joins them");
});

test("hosts are alike to guests when the first partition of their tables is the same", () => {
  const { manager, hosts } = subnetOf(3, "default=0xffff:host-a,host-b", "blue=1:host-b,host-c");
  const [a, b, c] = [...hosts.values()] as [HostRecord, HostRecord, HostRecord];
  expect([manager.alike(a, b), manager.alike(b, c)]).toEqual([true, false]);
});
