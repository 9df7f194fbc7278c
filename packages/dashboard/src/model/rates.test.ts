import { sampleReport } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { connectionKey, Rates } from "./rates.ts";

function told(rates: Rates, guest: string, peer: string, bytes: number, now: number): void {
  const report = sampleReport(guest, peer);
  rates.take(
    guest,
    { ...report, connections: report.connections.map((c) => ({ ...c, bytes, sent: bytes / 10 })) },
    now,
  );
}

test("a connection's rate is what both ends have sent since they told last", () => {
  const rates = new Rates();
  told(rates, "alice", "bob", 1000, 0);
  told(rates, "bob", "alice", 0, 0);
  expect(rates.total()).toBe(0);
  told(rates, "alice", "bob", 3000, 1000);
  told(rates, "bob", "alice", 500, 1000);
  expect(rates.connections.size).toBe(1);
  expect(rates.connections.get(connectionKey("bob", "alice"))).toMatchObject({
    bytesPerSecond: 2500,
    messagesPerSecond: 250,
  });
});

test("a program that begins anew does not send less than nothing", () => {
  const rates = new Rates();
  told(rates, "alice", "bob", 5000, 0);
  told(rates, "alice", "bob", 100, 1000);
  expect(rates.total()).toBe(0);
});

test("a side that has fallen silent moves nothing", () => {
  const rates = new Rates();
  told(rates, "alice", "bob", 0, 0);
  told(rates, "alice", "bob", 1000, 1000);
  told(rates, "bob", "alice", 0, 60_000);
  expect(rates.total()).toBe(0);
});

test("a guest that is gone takes its connections along", () => {
  const rates = new Rates();
  told(rates, "alice", "bob", 0, 0);
  told(rates, "carol", "dave", 0, 0);
  rates.forget("bob");
  expect([...rates.connections.keys()]).toEqual([connectionKey("carol", "dave")]);
});
