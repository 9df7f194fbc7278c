import type { Lid } from "@nomad/base";
import { expect, test } from "vitest";
import { Directory, type HostRecord } from "./directory.ts";

const refused = { connections: 0, messages: 0, frames: 0, packets: 0 };

function directoryOf(...states: readonly HostRecord["state"][]): Directory {
  const directory = new Directory();
  for (const [i, state] of states.entries()) {
    const host = {
      name: `host-${i}`,
      lid: (i + 1) as Lid,
      incarnation: "",
      url: "",
      pid: 1,
      lastHeardAt: 0,
      suspectedAt: null,
      refused,
      portState: "ACTIVE" as const,
      protocol: null,
    };
    directory.hosts.set(host.name, { ...host, state });
  }
  return directory;
}

test("among hosts with as many guests the first that is up is chosen", () => {
  expect(directoryOf("lost", "down", "up", "up").leastLoaded().name).toBe("host-2");
});

test("a host that is to be left is not chosen, even when it is the only one", () => {
  expect(directoryOf("up", "up").leastLoaded("host-0").name).toBe("host-1");
  expect(() => directoryOf("up", "lost").leastLoaded("host-0")).toThrow("no host but host-0 is up");
});
