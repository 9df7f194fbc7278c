import { ABI_VERSION } from "@nomad/abi";
import { protocolVersion } from "@nomad/protocol";
import type { Introduction } from "@nomad/wire";

/** How a daemon introduces itself on every socket. */
export function introduce(
  role: Introduction["role"],
  name: string,
  incarnation: string,
  parameters: Introduction["parameters"] = {},
): Introduction {
  const { current: protocol, oldest: protocolMin } = protocolVersion;
  return { role, name, bootId: incarnation, protocol, protocolMin, abi: ABI_VERSION, parameters };
}
