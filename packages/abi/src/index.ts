// What guest and host agree on byte by byte. These files are compiled by tsc (host) and by asc (guest): integer
// constants only, no types, no imports of anything else. All numbers in memory are little-endian.
export * from "./hypercall.ts";
export * from "./layout.ts";
export * from "./verbs.ts";
export * from "./work.ts";
