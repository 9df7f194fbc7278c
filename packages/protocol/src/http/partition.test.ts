import { expect, test } from "vitest";
import { parsePartition, parsePartitions } from "./partition.ts";

test("members are what the P_Key's highest bit says, unless they are said to be something else", () => {
  const members = { "host-a": "full", "host-b": "limited" };
  expect(parsePartition("blue=0x8001:host-a,host-b=limited")).toEqual({ name: "blue", pkey: 1, members });
  expect(parsePartition("blue=1:host-a=full,host-b")).toEqual({ name: "blue", pkey: 1, members });
});

test("ALL stands for every host", () => {
  expect(parsePartition("default=0x7fff:ALL,host-a=full").members).toEqual({ ALL: "limited", "host-a": "full" });
});

test.each([
  "blue",
  "blue=0x8001",
  "blue=0x8001:",
  "blue=0x8000:host-a",
  "blue=0x18001:host-a",
  "blue=99999:host-a",
  "Blue!=1:host-a",
  "blue=1:host-a=owner",
  "blue=1:host-a,",
])("%s is refused", (text) => {
  expect(() => parsePartition(text)).toThrow(expect.objectContaining({ code: "E_CONFIG" }));
});

test("two partitions have neither name nor number in common", () => {
  expect(parsePartitions(["blue=1:ALL", "red=2:ALL"])).toHaveLength(2);
  expect(() => parsePartitions(["blue=1:ALL", "blue=2:ALL"])).toThrow("another one has its name blue");
  expect(() => parsePartitions(["blue=1:ALL", "red=0x8001:ALL"])).toThrow("another one has its pkey 1");
});
