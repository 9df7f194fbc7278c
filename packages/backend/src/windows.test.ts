import * as abi from "@nomad/abi";
import type { MwType, Names } from "@nomad/hca";
import { beforeEach, describe, expect, test } from "vitest";
import type { Guest } from "./testing/guest.ts";
import { Lab } from "./testing/lab.ts";
import { TestQueuePair } from "./testing/queue-pair.ts";

const nextKey = (vkey: number): number => ((vkey & 0xffffff00) | ((vkey + 1) & 0xff)) >>> 0;

describe.each<Names>(["random", "clash", "apart"])("with %s names", (names) => {
  let lab: Lab;
  /** `bob` opens windows to his memory, `alice` writes there. */
  let alice: Guest;
  let bob: Guest;
  let a: TestQueuePair;
  let b: TestQueuePair;
  let text: { readonly address: number; readonly key: number };
  let target: { readonly address: number; readonly key: number };

  beforeEach(() => {
    lab = new Lab(3, names);
    [alice, bob] = [lab.boot(1), lab.boot(2)];
    [a, b] = [new TestQueuePair(alice, abi.QPT_RC).initialize(), new TestQueuePair(bob, abi.QPT_RC).initialize()];
    a.connect(b);
    b.connect(a);
    [text, target] = [alice.region(), bob.region()];
  });

  const alloc = (type: MwType) => bob.must(abi.HC_ALLOC_MW, bob.pd, type);
  const bind = (rkey: number, type: MwType, length = 64) => {
    const bound = { type, lkey: 0 as never, address: target.address, length, access: abi.ACCESS_REMOTE_WRITE };
    b.send({ id: 3n, opcode: abi.WR_BIND_MW, rkey, bind: bound, from: { ...target, length } });
    return bob.poll()[0]?.status;
  };
  const write = (rkey: number) => {
    const from = { ...text, length: 8 };
    a.send({ id: 1n, opcode: abi.WR_RDMA_WRITE, from, remoteAddress: target.address, rkey });
    return alice.poll()[0]?.status;
  };
  const query = (rkey: number) => bob.call(abi.HC_QUERY_MW, [rkey]);

  test.each<[string, MwType]>([
    ["1", abi.MW_TYPE_1],
    ["2", abi.MW_TYPE_2],
  ])("a window of type %s stays bound under its key when its owner, or its user, moves", (_, type) => {
    const rkey = nextKey(alloc(type));
    expect(bind(rkey, type)).toBe(abi.WC_SUCCESS);
    expect(write(rkey)).toBe(abi.WC_SUCCESS);
    lab.move(bob, 3);
    expect(query(rkey).words.slice(0, 4)).toEqual([rkey, type, 64, target.address]);
    expect(write(rkey)).toBe(abi.WC_SUCCESS);
    lab.move(alice, 3);
    expect(write(rkey)).toBe(abi.WC_SUCCESS);
  });

  test("a window that is bound anew, here and there, opens under its last key alone", () => {
    const first = nextKey(alloc(abi.MW_TYPE_1));
    bind(first, abi.MW_TYPE_1);
    lab.move(bob, 3);
    const second = nextKey(first);
    expect(bind(second, abi.MW_TYPE_1)).toBe(abi.WC_SUCCESS);
    expect(query(first).words[0]).toBe(second);
    expect(write(second)).toBe(abi.WC_SUCCESS);
    expect(write(first)).toBe(abi.WC_REM_ACCESS_ERR);
  });

  test("an invalidation by the owner is known at the next place, and the window can be bound again", () => {
    const rkey = nextKey(alloc(abi.MW_TYPE_2));
    bind(rkey, abi.MW_TYPE_2);
    b.send({ id: 4n, opcode: abi.WR_LOCAL_INV, rkey });
    expect(bob.poll()).toMatchObject([{ id: 4n, status: abi.WC_SUCCESS }]);
    lab.move(bob, 1);
    expect(query(rkey).words[2]).toBe(0);
    expect(bind(nextKey(rkey), abi.MW_TYPE_2)).toBe(abi.WC_SUCCESS);
    expect(write(nextKey(rkey))).toBe(abi.WC_SUCCESS);
  });

  test.each(["before", "after"])(
    "a peer's SEND with invalidate, %s a move, names the key as its owner knows it",
    (when) => {
      const rkey = nextKey(alloc(abi.MW_TYPE_2));
      bind(rkey, abi.MW_TYPE_2);
      b.receive(5n, { ...target, length: 64 });
      if (when === "after") lab.move(bob, 3);
      a.send({ id: 1n, opcode: abi.WR_SEND_WITH_INV, from: { ...text, length: 8 }, rkey });
      if (when === "before") lab.move(bob, 3);
      expect(bob.poll()).toMatchObject([{ id: 5n, status: abi.WC_SUCCESS, invalidated: rkey }]);
      expect(query(rkey).words[2]).toBe(0);
      expect(alice.poll()).toMatchObject([{ status: abi.WC_SUCCESS }]);
      expect(write(rkey)).toBe(abi.WC_REM_ACCESS_ERR);
    },
  );

  test("a bind that is posted while the guest is suspended is done at the next place", () => {
    const rkey = nextKey(alloc(abi.MW_TYPE_2));
    lab.move(bob, 3, () => {
      const bound = {
        type: abi.MW_TYPE_2 as MwType,
        lkey: 0 as never,
        address: target.address,
        length: 64,
        access: abi.ACCESS_REMOTE_WRITE,
      };
      b.send({ id: 3n, opcode: abi.WR_BIND_MW, rkey, bind: bound, from: { ...target, length: 64 } });
    });
    expect(bob.poll()).toMatchObject([{ id: 3n, status: abi.WC_SUCCESS }]);
    expect(write(rkey)).toBe(abi.WC_SUCCESS);
  });

  test("a move that is undone leaves windows bound, and what is posted meanwhile is done", () => {
    const rkey = nextKey(alloc(abi.MW_TYPE_2));
    bind(rkey, abi.MW_TYPE_2);
    lab.abort(bob, () => b.send({ id: 4n, opcode: abi.WR_LOCAL_INV, rkey }));
    expect(bob.poll()).toMatchObject([{ id: 4n, status: abi.WC_SUCCESS }]);
    expect(bind(nextKey(rkey), abi.MW_TYPE_2)).toBe(abi.WC_SUCCESS);
    lab.abort(alice, () => {});
    expect(write(nextKey(rkey))).toBe(abi.WC_SUCCESS);
  });

  test("a window is freed by any key it has had, and opens nothing then", () => {
    const first = alloc(abi.MW_TYPE_1);
    const rkey = nextKey(first);
    bind(rkey, abi.MW_TYPE_1);
    expect(bob.call(abi.HC_DEREG_MR, [target.key]).status).toBe(-abi.EBUSY);
    lab.move(bob, 3);
    expect(bob.call(abi.HC_DEALLOC_MW, [first]).status).toBe(0);
    expect(write(rkey)).toBe(abi.WC_REM_ACCESS_ERR);
    expect([query(rkey).status, bob.call(abi.HC_DEREG_MR, [target.key]).status]).toEqual([-abi.EINVAL, 0]);
  });
});
