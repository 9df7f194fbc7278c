// A program's side of the adapter, and adapters joined by pipes with a virtual clock and seeded faults: for tests.
export * from "../queues/index.ts";
export * from "../queues/index.ts";
export * from "./endpoint.ts";
export * from "./fabric.ts";
export * from "./move.ts";
export * from "./packets.ts";
export * from "./windows.ts";
