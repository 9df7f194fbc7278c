export type * from "./evaluation.ts";
export type { Finding } from "./report/block.ts";
export { findingsOf, reportFiles } from "./report/report.ts";
