import { sampleGuest, sampleHost, sampleMove, sampleReport } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { plain } from "./style.ts";
import { atomicsTable, connectionTable, guestTable, hostTable, moveTable } from "./views.ts";

const words = (text: string) => text.split("\n").map((line) => line.trim().split(/ {2,}/));

test("a host shows where it listens, and which protocol it speaks with central", () => {
  expect(words(hostTable([sampleHost("host-a", { lid: 9, guests: 2 })], plain))[1]).toEqual([
    "host-a",
    "up",
    "9",
    "ACTIVE",
    "0xffff",
    "1",
    "2",
    "2",
    "ws://127.0.0.1:1",
  ]);
});

test("a guest that failed shows why", () => {
  const error = { code: "E_GUEST_TRAP", message: "unreachable" };
  const rows = words(guestTable([sampleGuest("bob", { state: "failed", error })], plain));
  expect(rows[1]?.at(-1)).toBe("E_GUEST_TRAP");
});

test("a move under way shows its phase, one that ended its outcome", () => {
  const underWay = { outcome: "", phase: "precopy" } as const;
  const moves = [sampleMove({ ...underWay, place: 2 }), sampleMove(underWay), sampleMove()];
  const text = moveTable(moves, plain).split("\n");
  const [heads = ""] = text;
  const under = (title: string) => text.map((line) => line.slice(heads.indexOf(title)).split(/ {2,}/)[0]?.trim());
  expect(under("PHASE")).toEqual(["PHASE", "queued (2)", "precopy", ""]);
  expect(under("OUTCOME")).toEqual(["OUTCOME", "", "", "released"]);
  expect(words(text[3] ?? "")[0]).toEqual([
    "alice",
    "host-a",
    "host-b",
    "released",
    "250 ms",
    "12.5 ms",
    "3",
    "9000",
    "100",
    "35.2 MiB",
    "7",
    "0",
  ]);
});

test("a table of moves that have all ended has no column for phases", () => {
  expect(words(moveTable([sampleMove()], plain))[0]?.slice(0, 4)).toEqual(["GUEST", "FROM", "TO", "OUTCOME"]);
});

test("each end of a connection is a line of its own", () => {
  const reports = [sampleReport("alice", "bob"), sampleReport("bob", "alice")];
  expect(words(connectionTable(reports, plain)).map((row) => row.slice(0, 3))).toEqual([
    ["GUEST", "PEER", "STATUS"],
    ["alice", "bob", "ok"],
    ["bob", "alice", "ok"],
  ]);
  expect(words(atomicsTable(reports, plain))[1]).toEqual(["alice", "50", "50", "yes"]);
});
