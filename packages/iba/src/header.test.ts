import type { Psn, Qpn, RKey } from "@nomad/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as h from "./header.ts";

const u8 = fc.integer({ min: 0, max: 0xff });
const u24 = fc.integer({ min: 0, max: 0xffffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u53 = fc.maxSafeNat();
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const at = 3;

test("every field of a BTH reads back as written", () => {
  fc.assert(
    fc.property(
      u8,
      fc.boolean(),
      fc.integer({ min: 0, max: 3 }),
      u24,
      fc.boolean(),
      u24,
      (op, se, pad, qpn, a, psn) => {
        const bytes = new Uint8Array(20);
        h.writeBth(bytes, at, op, se, pad, qpn as Qpn, a, psn as Psn);
        expect([h.bthOpcode(bytes, at), h.bthSolicited(bytes, at), h.bthPad(bytes, at)]).toEqual([op, se, pad]);
        expect([h.bthDestQpn(bytes, at), h.bthAckRequest(bytes, at), h.bthPsn(bytes, at)]).toEqual([qpn, a, psn]);
        expect([h.bthVersion(bytes, at), h.bthPkey(bytes, at)]).toEqual([0, h.PKEY_DEFAULT]);
      },
    ),
  );
});

test("a BTH has the bytes that the IBA gives", () => {
  const bytes = new Uint8Array(12);
  h.writeBth(bytes, 0, 0x04, true, 2, 0x123456 as Qpn, true, 0xabcdef as Psn);
  expect([...bytes]).toEqual([0x04, 0xe0, 0xff, 0xff, 0, 0x12, 0x34, 0x56, 0x80, 0xab, 0xcd, 0xef]);
});

test("every field of RETH, AETH, AtomicETH, AtomicAckETH and ImmDt reads back as written", () => {
  fc.assert(
    fc.property(u53, u32, u32, u8, u24, u64, u64, (address, key, length, syndrome, msn, swap, compare) => {
      const bytes = new Uint8Array(40);
      h.writeReth(bytes, at, address, key as RKey, length);
      expect([h.rethAddress(bytes, at), h.rethRkey(bytes, at), h.rethLength(bytes, at)]).toEqual([
        address,
        key,
        length,
      ]);
      h.writeAeth(bytes, at, syndrome, msn);
      expect([h.aethSyndrome(bytes, at), h.aethMsn(bytes, at)]).toEqual([syndrome, msn]);
      h.writeAtomicEth(bytes, at, address, key as RKey, swap, compare);
      expect([h.atomicEthAddress(bytes, at), h.atomicEthRkey(bytes, at)]).toEqual([address, key]);
      expect([h.atomicEthSwapOrAdd(bytes, at), h.atomicEthCompare(bytes, at)]).toEqual([swap, compare]);
      h.writeAtomicAckEth(bytes, at, swap);
      expect(h.atomicAckOriginal(bytes, at)).toBe(swap);
      h.writeImmDt(bytes, at, key);
      expect(h.immDt(bytes, at)).toBe(key);
    }),
  );
});

test("an address of 64 bits that no number holds exactly is still above every region", () => {
  const bytes = new Uint8Array(16).fill(0xff);
  expect(h.rethAddress(bytes, 0)).toBeGreaterThanOrEqual(2 ** 53);
});

test("DETH, IETH and a P_Key other than the default read back as written", () => {
  fc.assert(
    fc.property(u32, u24, u32, fc.integer({ min: 0, max: 0xffff }), (qkey, qpn, rkey, pkey) => {
      const bytes = new Uint8Array(40).fill(0xff);
      h.writeDeth(bytes, at, qkey, qpn as Qpn);
      expect([h.dethQkey(bytes, at), bytes[at + 4], h.dethSourceQpn(bytes, at)]).toEqual([qkey, 0, qpn]);
      h.writeIeth(bytes, at, rkey as RKey);
      expect(h.iethRkey(bytes, at)).toBe(rkey);
      h.writeBth(bytes, at, 4, false, 0, qpn as Qpn, false, 0 as Psn, pkey);
      expect([h.bthPkey(bytes, at), h.bthDestQpn(bytes, at)]).toEqual([pkey, qpn]);
    }),
  );
});
