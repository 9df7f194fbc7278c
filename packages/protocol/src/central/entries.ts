import type { Partition } from "../http/partition.ts";
import type { GuestRecord, HostRecord } from "./directory.ts";
import type { JournalEntry } from "./effects.ts";
import type { Move } from "./move.ts";
import { type GuestRow, type HostRow, type MoveRow, partitionsKey } from "./records.ts";

// What central writes down, as rows that records.ts reads.

export function hostEntry({ name, lid, incarnation, url, pid, state }: HostRecord): JournalEntry {
  const row: HostRow = { name, lid, incarnation, url, pid, lost: state === "lost" };
  return { table: "hosts", key: name, value: JSON.stringify(row) };
}

export function guestEntry(guest: GuestRecord): JournalEntry {
  const { report: _, log: __, ...row } = guest;
  return { table: "guests", key: guest.name, value: JSON.stringify(row satisfies GuestRow) };
}

/** `phase`: the one that this entry makes true, when it is written before the move enters it. */
export function moveEntry(move: Move, phase: string = move.phase): JournalEntry {
  const { record, vlid: guest, token, epoch, inject } = move;
  const row: MoveRow = { record: { ...record, phase }, vlid: guest, token, epoch, inject, phase };
  return { table: "moves", key: record.id, value: JSON.stringify(row) };
}

/** The partitions that central was last started with. */
export function partitionsEntry(partitions: readonly Partition[]): JournalEntry {
  return { table: "meta", key: partitionsKey, value: JSON.stringify(partitions) };
}

export function publishedEntry(key: string, value: string): JournalEntry {
  return { table: "published", key, value: JSON.stringify(value) };
}
