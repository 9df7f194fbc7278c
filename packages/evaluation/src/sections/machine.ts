import type { Evaluation } from "../evaluation.ts";
import { byteSize, short } from "../numbers.ts";
import type { Finding } from "../report/block.ts";
import type { Section } from "./section.ts";

/** Where and how it was measured. */
export const machine: Section = {
  title: "Machine and versions",
  blocks: (evaluation) => [{ kind: "table", head: ["what", "value"], rows: rows(evaluation) }],
  findings: (evaluation) => [quietness(evaluation)],
};

function rows({ machine: on, release, began, seconds, seed, extent, loadAtEnd }: Evaluation): string[][] {
  return [
    ["processor", `${on.processor}, ${on.cores} cores`],
    ["memory", byteSize(on.memoryBytes)],
    ["system", on.system],
    ["Node", on.node],
    ["nomad-rdma", release],
    ["load before and after", `${on.load.toFixed(2)}, ${loadAtEnd.toFixed(2)}`],
    ["began", began],
    ["took", `${short(seconds)} s (${extent})`],
    ["seed", String(seed)],
  ];
}

/** Other work on the machine is in every figure. */
const quietLoadMax = 0.5;

function quietness({ machine: { load } }: Evaluation): Finding {
  const reached = load <= quietLoadMax;
  const state = reached ? "The machine was quiet when it began" : "The machine was busy with other work when it began";
  return { reached, text: `${state}: load ${load.toFixed(2)}.` };
}
