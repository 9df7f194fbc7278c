// Contexts in one process, for tests of programs that use verbs.
export * from "./fabric.ts";
export * from "./side.ts";
