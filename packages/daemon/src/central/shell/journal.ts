import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { NomadError } from "@nomad/base";
import type { JournalEntry } from "@nomad/protocol";

const tables = ["meta", "hosts", "guests", "moves", "published"] as const;

/** The statements that take a journal of one version to the next. */
export type Migration = readonly string[];

/**
 * From each version to the next; the first makes a journal. Run in one transaction when it is opened; a version is never
 * changed once released.
 */
export const migrations: readonly Migration[] = [
  tables.map((table) => `CREATE TABLE ${table} (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT`),
];

/**
 * Central's journal: what must survive it, in SQLite. A commit is on disk when it returns. Opening one raises its
 * generation: a central that had it open before can commit no more.
 */
export class Journal {
  /** Which start of central this is, from 1. */
  readonly generation: number;
  readonly #path: string;
  readonly #migrations: readonly Migration[];
  readonly #database: DatabaseSync;

  /**
   * `path` may be ":memory:". A journal of an older version is brought to that of the last of `steps`. Throws E_CONFIG
   * when it cannot be used, E_VERSION when a newer central wrote it.
   */
  constructor(path: string, steps: readonly Migration[] = migrations) {
    this.#path = path;
    this.#migrations = steps;
    try {
      if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
      this.#database = new DatabaseSync(path, { timeout: 1000 });
      this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      this.#transaction(() => this.#migrate());
      this.generation = this.#transaction(() => this.#takeOver());
    } catch (cause) {
      if (cause instanceof NomadError) throw cause;
      throw new NomadError("E_CONFIG", `the journal ${path} cannot be used: ${(cause as Error).message}`, { cause });
    }
  }

  #migrate(): void {
    const { user_version: found } = this.#database.prepare("PRAGMA user_version").get() as { user_version: number };
    const newest = this.#migrations.length;
    if (found > newest) {
      const known = `this central knows ${newest}`;
      throw new NomadError("E_VERSION", `the journal ${this.#path} is of version ${found}, ${known}`);
    }
    for (const statements of this.#migrations.slice(found)) for (const sql of statements) this.#database.exec(sql);
    this.#database.exec(`PRAGMA user_version = ${newest}`);
  }

  #takeOver(): number {
    const generation = this.#storedGeneration() + 1;
    this.#put({ table: "meta", key: "generation", value: String(generation) });
    return generation;
  }

  #storedGeneration(): number {
    return Number(this.#database.prepare("SELECT value FROM meta WHERE key = 'generation'").get()?.value ?? 0);
  }

  /** All entries. Throws E_CONFIG when the file is damaged. */
  read(): JournalEntry[] {
    try {
      return tables.flatMap((table) => this.#entries(table));
    } catch (cause) {
      throw new NomadError("E_CONFIG", `the journal ${this.#path} is damaged: ${(cause as Error).message}`, { cause });
    }
  }

  #entries(table: JournalEntry["table"]): JournalEntry[] {
    const rows = this.#database.prepare(`SELECT key, value FROM ${table} ORDER BY key`).all();
    return rows.map(({ key, value }) => ({ table, key: String(key), value: String(value) }));
  }

  /**
   * Keep all of these, or none. Throws E_STATE when another central has opened the journal since, E_JOURNAL when the
   * disk does not take them.
   */
  commit(entries: readonly JournalEntry[]): void {
    try {
      this.#transaction(() => {
        if (this.#storedGeneration() !== this.generation) {
          throw new NomadError("E_STATE", `another central has taken over the journal ${this.#path}`);
        }
        for (const entry of entries) this.#put(entry);
      });
    } catch (cause) {
      if (cause instanceof NomadError) throw cause;
      throw new NomadError("E_JOURNAL", `the journal cannot be written: ${(cause as Error).message}`, { cause });
    }
  }

  #put({ table, key, value }: JournalEntry): void {
    const sql = `INSERT INTO ${table} VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`;
    this.#database.prepare(sql).run(key, value);
  }

  #transaction<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }
}
