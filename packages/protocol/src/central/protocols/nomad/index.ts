import type { MigrationProtocol } from "../protocol.ts";
import { claims } from "./claims.ts";
import { steps } from "./steps.ts";

/** The paper's: drain the guest, then its peers, stop it, make its resources again, tell the peers the new names. */
export const nomad: MigrationProtocol = { steps, claims };
