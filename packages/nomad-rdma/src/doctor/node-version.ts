import type { Finding } from "./finding.ts";

const majorMin = 26;

/** Is this Node, such as `26.9.0`, one that runs Nomad? */
export function checkNode(version: string): Finding {
  const right = Number(version.split(".")[0]) >= majorMin;
  const finding = { check: "node", found: version };
  return right
    ? { ...finding, level: "ok" }
    : { ...finding, level: "fail", next: `install Node ${majorMin}, or use npx` };
}
