export type { BulkFrame } from "./bulk-frame.ts";
export { PageReceiver } from "./page-receiver.ts";
