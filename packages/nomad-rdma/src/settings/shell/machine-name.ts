import { hostname } from "node:os";

/** This machine's name without its domain, as the name of a host. */
export function machineName(): string {
  return (hostname().split(".")[0] ?? "").toLowerCase();
}
