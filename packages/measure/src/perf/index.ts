export { type Batch, type BatchOutcome, sizesOf, usualIterations } from "./batch.ts";
export { casesOf, type PerfRequest } from "./cases.ts";
export { measureCases, measuredOf, nameOf, type PerfCase, type PerfOutcomes } from "./measure-cases.ts";
export { perfTable } from "./perf-table.ts";
export { type PerfReport, type PerfRow, perfReport } from "./report.ts";
export {
  bytesMax,
  type PerfTest,
  type PerfTestName,
  perfTests,
  type Transport,
  testNames,
  transports,
  windowMax,
} from "./tests.ts";
