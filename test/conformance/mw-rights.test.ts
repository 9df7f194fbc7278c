import { access, type WcStatus } from "@nomad/verbs";
import { expect } from "vitest";
import { makePair } from "./kit/ends.ts";
import { test } from "./kit/test.ts";
import { bindWindow, remoteAccess, windowTypes } from "./kit/windows.ts";

const { LOCAL_WRITE, MW_BIND, REMOTE_READ, REMOTE_WRITE, REMOTE_ATOMIC } = access;

interface Row {
  readonly name: string;
  readonly region: number;
  readonly window: number;
  readonly status: WcStatus;
}

/** What a region must allow for a window to be bound to it with these rights (IBA 10.6.7.2.2). */
const rows: readonly Row[] = [
  { name: "everything", region: LOCAL_WRITE | MW_BIND | remoteAccess, window: remoteAccess, status: "WC_SUCCESS" },
  { name: "nothing but to be bound", region: MW_BIND, window: 0, status: "WC_SUCCESS" },
  { name: "all but to be bound", region: LOCAL_WRITE | remoteAccess, window: 0, status: "WC_MW_BIND_ERR" },
  { name: "read", region: MW_BIND, window: REMOTE_READ, status: "WC_SUCCESS" },
  { name: "write, with local write", region: MW_BIND | LOCAL_WRITE, window: REMOTE_WRITE, status: "WC_SUCCESS" },
  { name: "write, without", region: MW_BIND, window: REMOTE_WRITE, status: "WC_MW_BIND_ERR" },
  { name: "atomics, with local write", region: MW_BIND | LOCAL_WRITE, window: REMOTE_ATOMIC, status: "WC_SUCCESS" },
  { name: "atomics, without", region: MW_BIND, window: REMOTE_ATOMIC, status: "WC_MW_BIND_ERR" },
];

test("MwBindAccessTest.MwBindAccessTests: a region must allow binding, and local write for what changes it; no more", async ({
  lab,
}) => {
  for (const type of windowTypes) {
    for (const { name, region, window, status } of rows) {
      const { b } = makePair(lab, { bufferBytes: 4096, access: region });
      const mw = b.pd.allocMw(type);
      expect(await bindWindow(lab, b, mw, { access: window }), `type ${type}, ${name}`).toBe(status);
    }
  }
});
