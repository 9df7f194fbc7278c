import { ABI_VERSION } from "@nomad/abi";
import { protocolVersion, spokenVersions } from "@nomad/protocol";
import type { Introduction } from "@nomad/wire";

/** How a daemon introduces itself on every socket. `newest`: the newest version of the protocol that it is to speak. */
export function introduce(
  role: Introduction["role"],
  name: string,
  incarnation: string,
  parameters: Introduction["parameters"] = {},
  newest: number = protocolVersion.current,
): Introduction {
  return { role, name, bootId: incarnation, ...spokenVersions(newest), abi: ABI_VERSION, parameters };
}
