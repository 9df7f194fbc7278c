// What a move is made of, to be measured alone.
export { PageHasher } from "./bulk/page-hasher.ts";
export { BulkThread } from "./bulk/shell/bulk-thread.ts";
export { Journal } from "./central/shell/journal.ts";
