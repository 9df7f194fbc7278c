import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import type { Psn } from "@nomad/base";
import { describe, expect, test } from "vitest";
import { cutOf, reconcile } from "./cut.ts";
import { connectedPair, Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";
import type { QpCut } from "./types.ts";

test("a snapshot with more work under way than its send queue holds is refused", () => {
  const fabric = new Fabric({ crc32 });
  const [a] = connectedPair(fabric);
  fabric.filter = () => false;
  for (const id of [1n, 2n]) a.post({ id, opcode: abi.WR_SEND });
  fabric.settle(1);
  a.adapter.hca.freeze(a.qpn);
  const snapshot = a.adapter.hca.snapshot(a.qpn);
  const small = { ...a.qpInit, sq: { ...a.qpInit.sq, entries: 1 } };
  expect(() => a.adapter.hca.restore(small, snapshot)).toThrow(expect.objectContaining({ code: "E_VERB" }));
});

describe("what two ends report", () => {
  const quiet: QpCut = {
    sqPsn: 5 as Psn,
    unackedPsn: 5 as Psn,
    busy: false,
    rqPsn: 9 as Psn,
    atomics: [],
    refusal: null,
  };
  const peer: QpCut = { ...quiet, sqPsn: 9 as Psn, unackedPsn: 9 as Psn, rqPsn: 5 as Psn };

  test("needs no telling when nothing was under way", () => {
    expect(reconcile(quiet, peer)).toBeNull();
  });

  test("is given to the other when something was", () => {
    const busy = { ...quiet, sqPsn: 8 as Psn, busy: true };
    expect(reconcile(busy, peer)).toEqual({ forA: peer, forB: busy });
  });

  test("does not count where it does not belong to the same connection", () => {
    const stranger = { ...peer, rqPsn: 77 as Psn };
    expect(reconcile(quiet, stranger)).toEqual({
      forA: { ...stranger, rqPsn: null },
      forB: { ...quiet, sqPsn: null },
    });
  });

  test("is nothing for a half that was never connected", () => {
    const end = new Endpoint(new Fabric({ crc32 }).add(1));
    const { hca } = end.adapter;
    const { qpn } = end;
    hca.freeze(qpn);
    expect(cutOf(hca.snapshot(qpn))).toMatchObject({ sqPsn: null, rqPsn: null });
    hca.thaw(qpn);
    hca.modifyQp(qpn, { state: abi.QPS_INIT, access: 0 }, 0);
    hca.modifyQp(qpn, { state: abi.QPS_ERR }, 0);
    hca.freeze(qpn);
    expect(cutOf(hca.snapshot(qpn))).toMatchObject({ sqPsn: null, rqPsn: null });
  });
});
