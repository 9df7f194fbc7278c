import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { NomadError } from "@nomad/base";
import type { JournalEntry } from "@nomad/protocol";

const schemaVersion = 1;
const tables = ["meta", "hosts", "guests", "moves"] as const;

/** Central's journal: what must survive it, in SQLite. A commit is on disk when it returns. */
export class Journal {
  readonly #database: DatabaseSync;

  /** `path` may be ":memory:". Throws E_CONFIG when it cannot be opened or is of another version. */
  constructor(path: string) {
    try {
      if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
      this.#database = new DatabaseSync(path);
      this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      this.#createTables();
    } catch (cause) {
      if (cause instanceof NomadError) throw cause;
      throw new NomadError("E_CONFIG", `the journal ${path} cannot be used: ${(cause as Error).message}`, { cause });
    }
  }

  #createTables(): void {
    const { user_version: found } = this.#database.prepare("PRAGMA user_version").get() as { user_version: number };
    if (found !== 0 && found !== schemaVersion) {
      throw new NomadError("E_VERSION", `the journal is of version ${found}, this central writes ${schemaVersion}`);
    }
    for (const table of tables)
      this.#database.exec(`CREATE TABLE IF NOT EXISTS ${table} (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT`);
    this.#database.exec(`PRAGMA user_version = ${schemaVersion}`);
  }

  /** The generation before this start, 0 in a new journal. */
  get generation(): number {
    const row = this.#database.prepare("SELECT value FROM meta WHERE key = 'generation'").get();
    return row ? Number(row.value) : 0;
  }

  /** Keep all of these, or none. */
  commit(entries: readonly JournalEntry[]): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const { table, key, value } of entries) {
        this.#database
          .prepare(`INSERT INTO ${table} VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`)
          .run(key, value);
      }
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }
}
