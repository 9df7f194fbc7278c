import type { Lid } from "@nomad/base";
import { expect, test } from "vitest";
import { gidText, guidOf, SUBNET_PREFIX_DEFAULT, subnetGid } from "./gid.ts";
import { gidOf, isMulticastGid } from "./grh.ts";

test("a subnet's prefix and a port's GUID make a global identifier", () => {
  const gid = subnetGid(SUBNET_PREFIX_DEFAULT, guidOf(0x0102 as Lid));
  expect(gidText(gid)).toBe("fe80:0000:0000:0000:024e:4dff:fe00:0102");
  expect(isMulticastGid(gid)).toBe(false);
});

test("the GUID is a locally administered EUI-64, and no two ports share one", () => {
  const first = guidOf(1 as Lid);
  expect((first >> 57n) & 1n).toBe(1n);
  expect((first >> 24n) & 0xffffn).toBe(0xfffen);
  expect(guidOf(0xbfff as Lid)).not.toBe(first);
});

test("an identifier is shown in groups of four digits", () => {
  expect(gidText(gidOf(0x0304 as Lid))).toBe("0000:0000:0000:0000:0000:ffff:0a00:0304");
});
