import { NomadError } from "@nomad/base";
import { z } from "zod";
import { type Partition, partition } from "../http/partition.ts";
import { failure, guestState, injection, moveRecord, name } from "../http/schema.ts";
import { lid, vlid } from "../schema.ts";
import type { JournalEntry } from "./effects.ts";

// What central has written down (entries.ts), and reads when it starts again. One row a thing, its value as JSON of these shapes.
const uint = z.int().nonnegative();

const hostRow = z.object({ name, lid, incarnation: z.string(), url: z.string(), pid: uint, lost: z.boolean() });
const guestRow = z.object({
  name,
  vlid,
  image: z.string(),
  arguments: z.record(z.string(), z.string()),
  host: name,
  epoch: uint,
  state: guestState,
  imageHash: z.string(),
  memoryBytes: uint,
  exitCode: z.int().nullable(),
  error: failure.nullable(),
});
const moveRow = z.object({
  record: moveRecord,
  vlid,
  token: z.string(),
  epoch: uint,
  inject: injection.nullable(),
  phase: z.string(),
});
const publishedRow = z.string();

/** Of the one row of `meta`. */
export const partitionsKey = "partitions";
const metaRow = z.array(partition);

const rows = { hosts: hostRow, guests: guestRow, moves: moveRow, published: publishedRow, meta: metaRow } as const;

export type HostRow = z.infer<typeof hostRow>;
export type GuestRow = z.infer<typeof guestRow>;
export type MoveRow = z.infer<typeof moveRow>;

/** All that the journal holds. */
export interface Recovered {
  readonly hosts: readonly HostRow[];
  readonly guests: readonly GuestRow[];
  /** In the order in which they were planned. */
  readonly moves: readonly MoveRow[];
  readonly published: ReadonlyMap<string, string>;
  readonly partitions: readonly Partition[];
}

export const nothingRecovered: Recovered = { hosts: [], guests: [], moves: [], published: new Map(), partitions: [] };

/** In the journal: a move that waits for its turn, in which nothing has been done. */
export const queued = "queued";

/** Read a journal's entries. Throws E_CONFIG when one does not follow the schema: nothing is guessed. */
export function recover(entries: readonly JournalEntry[]): Recovered {
  const read = <Table extends keyof typeof rows>(table: Table) =>
    entries
      .filter((entry) => entry.table === table && (table !== "meta" || entry.key === partitionsKey))
      .map((entry) => ({ key: entry.key, row: parseRow(table, entry) as z.infer<(typeof rows)[Table]> }));
  const planned = (row: MoveRow) => row.record.id.split("-").map(Number) as [number, number];
  const moves = read("moves").map(({ row }) => row);
  return {
    hosts: read("hosts").map(({ row }) => row),
    guests: read("guests").map(({ row }) => row),
    moves: moves.sort((a, b) => planned(a)[0] - planned(b)[0] || planned(a)[1] - planned(b)[1]),
    published: new Map(read("published").map(({ key, row }) => [key, row])),
    partitions: read("meta")[0]?.row ?? [],
  };
}

function parseRow(table: keyof typeof rows, { key, value }: JournalEntry): unknown {
  const parsed = rows[table].safeParse(json(value));
  if (parsed.success) return parsed.data;
  const why = z.prettifyError(parsed.error).slice(0, 200);
  throw new NomadError("E_CONFIG", `the journal's entry ${key} of ${table} cannot be read: ${why}`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
