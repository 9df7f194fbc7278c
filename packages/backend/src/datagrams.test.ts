import * as abi from "@nomad/abi";
import type { Names } from "@nomad/hca";
import { gidOf } from "@nomad/iba";
import { beforeEach, describe, expect, test } from "vitest";
import type { Guest } from "./testing/guest.ts";
import { Lab } from "./testing/lab.ts";
import { TestQueuePair } from "./testing/queue-pair.ts";

const GRH = abi.GRH_BYTES;

describe.each<Names>(["random", "clash", "apart"])("with %s names", (names) => {
  let lab: Lab;
  let alice: Guest;
  let bob: Guest;
  let from: TestQueuePair;
  let to: TestQueuePair;
  let ah: number;
  let text: { readonly address: number; readonly key: number };
  let inbox: { readonly address: number; readonly key: number };

  beforeEach(() => {
    lab = new Lab(3, names);
    // Somebody else is everywhere, so that a number of another place finds something.
    for (const lid of [1, 2, 3]) new TestQueuePair(lab.boot(lid), abi.QPT_UD).initialize().connect();
    alice = lab.boot(1);
    bob = lab.boot(2);
    from = new TestQueuePair(alice, abi.QPT_UD).initialize().connect();
    to = new TestQueuePair(bob, abi.QPT_UD).initialize().connect();
    ah = alice.handle(bob);
    [text, inbox] = [alice.region(), bob.region()];
    for (let id = 0n; id < 16n; id++) to.receive(id, { ...inbox, length: 100 });
  });

  const send = (words: string) => {
    alice.write(text.address, words);
    const buffer = { ...text, length: words.length };
    from.send({ id: 1n, opcode: abi.WR_SEND, from: buffer, to: { ah, vqpn: to.vqpn } });
  };
  const arrived = () => bob.poll().map((wc) => bob.read(inbox.address + GRH, wc.byteLen - GRH));
  const sent = () => alice.poll().map((wc) => wc.status);

  test("a datagram finds its target by name, and names its sender", () => {
    send("hello");
    expect(sent()).toEqual([abi.WC_SUCCESS]);
    expect(bob.poll()).toMatchObject([{ srcQp: from.vqpn, slid: alice.vlid, qpNum: to.vqpn, byteLen: GRH + 5 }]);
    expect(bob.read(inbox.address + GRH, 5)).toBe("hello");
    const grh = bob.memory.bytes.slice(inbox.address, inbox.address + GRH);
    expect([grh.slice(8, 24), grh.slice(24)]).toEqual([gidOf(alice.vlid as never), gidOf(bob.vlid as never)]);
  });

  test("names are looked up once", () => {
    send("one");
    const before = lab.lookups;
    send("two");
    send("three");
    expect(lab.lookups).toBe(before);
    expect(arrived()).toHaveLength(3);
  });

  test("handles follow their target, wherever it goes", () => {
    for (const place of [3, 1, 2]) {
      send(`before ${place}`);
      lab.move(bob, place);
      send(`at ${place}`);
      expect(arrived()).toHaveLength(2);
      expect(bob.read(inbox.address + GRH, 4)).toBe(`at ${place}`);
    }
    expect(sent()).toEqual(Array.from({ length: 6 }, () => abi.WC_SUCCESS));
  });

  test("handles, queue pairs and the sender's names stay what they are when the sender moves", () => {
    for (const place of [3, 2, 1]) {
      lab.move(alice, place);
      send("from elsewhere");
      expect(bob.poll()).toMatchObject([{ srcQp: from.vqpn, slid: alice.vlid }]);
    }
  });

  test("what is sent while the target is nowhere is lost, and reaches nobody", () => {
    send("known");
    expect(arrived()).toHaveLength(1);
    lab.move(bob, 3, () => send("lost"));
    expect(arrived()).toEqual([]);
    for (const guest of lab.guests) if (guest !== alice) expect(guest.poll()).toEqual([]);
    send("found");
    expect(arrived()).toEqual(["found"]);
  });

  test.each(["target", "sender"])("a move of the %s that is undone leaves all as it was", (who) => {
    send("before");
    const lookups = lab.lookups;
    lab.abort(who === "target" ? bob : alice, () => {});
    send("after");
    expect(arrived()).toHaveLength(2);
    expect(bob.read(inbox.address + GRH, 5)).toBe("after");
    expect([sent(), lab.lookups]).toEqual([[abi.WC_SUCCESS, abi.WC_SUCCESS], lookups]);
  });

  test("both may move between two datagrams", () => {
    send("before");
    lab.move(bob, 3);
    lab.move(alice, 2);
    lab.move(bob, 2);
    send("after");
    expect(bob.poll()).toMatchObject([{ srcQp: from.vqpn }, { srcQp: from.vqpn, slid: alice.vlid }]);
  });

  test("a datagram to a queue pair that there is not is lost, and the next one is sent", () => {
    from.send({ id: 1n, opcode: abi.WR_SEND, to: { ah, vqpn: 999 } });
    send("next");
    expect(sent()).toEqual([abi.WC_SUCCESS, abi.WC_SUCCESS]);
    expect(arrived()).toEqual(["next"]);
  });

  test("a guest sends to itself, before and after a move", () => {
    const own = bob.handle(bob);
    const outbox = bob.region();
    const sendToItself = () =>
      to.send({ id: 99n, opcode: abi.WR_SEND, from: { ...outbox, length: 3 }, to: { ah: own, vqpn: to.vqpn } });
    sendToItself();
    lab.move(bob, 3);
    sendToItself();
    const received = bob.poll().filter((wc) => wc.id !== 99n);
    expect(received).toMatchObject([
      { srcQp: to.vqpn, slid: bob.vlid },
      { srcQp: to.vqpn, slid: bob.vlid },
    ]);
  });

  describe("in a multicast group", () => {
    const mlid = 0xc001;
    const mgid = Uint8Array.of(0xff, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    const join = (guest: Guest, qp: TestQueuePair) => guest.call(abi.HC_ATTACH_MCAST, [qp.vqpn, mlid], mgid).status;

    beforeEach(() => {
      expect(join(bob, to)).toBe(0);
      const record = alice.take(abi.AH_RECORD_BYTES);
      ah = alice.call(abi.HC_CREATE_AH, [alice.pd, record, mlid, 0, 1], mgid).words[0] ?? 0;
    });

    test("memberships move with the guest, and the sender keeps its name", () => {
      send("here");
      lab.move(bob, 3);
      send("there");
      lab.move(alice, 3);
      send("together");
      expect(bob.poll().map((wc) => [wc.srcQp, wc.slid])).toEqual([1, 2, 3].map(() => [from.vqpn, alice.vlid]));
      expect(sent()).toEqual([0, 0, 0]);
    });

    test("nobody gets a datagram twice, and none while it is nowhere", () => {
      lab.move(bob, 3, () => send("lost"));
      expect(arrived()).toEqual([]);
      send("once");
      expect(arrived()).toEqual(["once"]);
    });

    test("who has left gets nothing more, after a move either", () => {
      lab.move(bob, 3);
      expect(bob.call(abi.HC_DETACH_MCAST, [to.vqpn, mlid], mgid).status).toBe(0);
      send("nobody");
      lab.move(bob, 1);
      send("nobody");
      expect(arrived()).toEqual([]);
      expect(bob.call(abi.HC_DESTROY_QP, [to.vqpn]).status).toBe(0);
    });
  });
});
