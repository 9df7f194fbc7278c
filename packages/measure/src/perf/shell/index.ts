export { PerfPair } from "./pair.ts";
