import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import type { Lid } from "@nomad/base";
import { expect, test } from "vitest";
import { type DeviceLimits, deviceLimits } from "./device-limits.ts";
import type { Hca } from "./hca.ts";
import { locationAt } from "./queues/index.ts";
import { Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";

type Make = (hca: Hca, end: Endpoint) => void;

/** What takes room, by the limit that it comes to. */
const makers: readonly (readonly [keyof DeviceLimits, Make])[] = [
  ["maxPd", (hca) => hca.allocPd()],
  ["maxMr", (hca, { pd, memory }) => hca.registerMemory({ pd, memory, address: 0, length: 1, access: 0 })],
  ["maxMw", (hca, { pd }) => hca.allocMw(pd, abi.MW_TYPE_1)],
  ["maxCq", (hca, { memory }) => hca.createCq({ memory, location: locationAt(500_032, 16) })],
  ["maxQp", (hca, { qpInit }) => hca.createQp(qpInit)],
  ["maxSrq", (hca, { srqInit }) => hca.createSrq(srqInit)],
  ["maxAh", (hca, { pd }) => hca.createAh({ pd, dlid: 1 as Lid })],
];

test.each(makers)("an adapter has room for %s and no more", (name, make) => {
  const fabric = new Fabric({ crc32, limits: { [name]: 5 } });
  const end = new Endpoint(fabric.add(1));
  const { hca } = end.adapter;
  const tooMany = expect.objectContaining({ code: "E_TOO_LARGE" });
  const fill = () => {
    for (let i = 0; i < 6; i++) make(hca, end);
  };
  expect(fill).toThrow(tooMany);
  expect(() => make(hca, end)).toThrow(tooMany);
});

test("what is given back makes room", () => {
  const { hca } = new Fabric({ crc32, limits: { maxPd: 1 } }).add(1);
  for (let i = 0; i < 3; i++) hca.deallocPd(hca.allocPd());
});

test("a device tells its limits and what it can do", () => {
  const { hca } = new Fabric({ crc32, limits: { maxQp: 7 } }).add(1);
  expect(hca.queryDevice()).toMatchObject({ ...deviceLimits, maxQp: 7, maxSge: 16, atomicCap: "HCA", physPortCnt: 1 });
});

test("groups, and members of one, are limited", () => {
  const fabric = new Fabric({ crc32, limits: { maxMcastGrp: 1, maxMcastQpAttach: 1 } });
  const y = new Endpoint(fabric.add(1), { type: abi.QPT_UD });
  const { hca } = y.adapter;
  const other = hca.createQp(y.qpInit);
  const mgid = new Uint8Array(16).fill(0xff);
  hca.attachMcast(y.qpn, mgid, 0xc000);
  const tooMany = expect.objectContaining({ code: "E_TOO_LARGE" });
  expect(() => hca.attachMcast(other, mgid, 0xc000)).toThrow(tooMany);
  expect(() => hca.attachMcast(y.qpn, mgid, 0xc001)).toThrow(tooMany);
  hca.attachMcast(y.qpn, mgid, 0xc000);
});
