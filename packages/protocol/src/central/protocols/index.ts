import type { ProtocolName } from "../../http/index.ts";
import { nomad } from "./nomad/index.ts";
import type { MigrationProtocol } from "./protocol.ts";

export type { Claims, MigrationProtocol, Step } from "./protocol.ts";

/** By the name under which a move asks for it. */
export const protocols: Readonly<Record<ProtocolName, MigrationProtocol>> = { nomad };
