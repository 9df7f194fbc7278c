import { latency } from "./latency.ts";
import { machine } from "./machine.ts";
import { nas } from "./nas.ts";
import { pauses } from "./pauses.ts";
import { phases } from "./phases.ts";
import type { Section } from "./section.ts";
import { virtualization } from "./virtualization.ts";

/** In the order of the report. */
export const sections: readonly Section[] = [virtualization, latency, phases, ...pauses, nas, machine];
