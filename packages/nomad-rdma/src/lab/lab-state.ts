import { NomadError } from "@nomad/base";
import * as z from "zod";

/** A process of a lab. */
export const labProcess = z.object({
  role: z.enum(["central", "host"]),
  name: z.string(),
  pid: z.number().int().positive(),
});
export type LabProcess = z.infer<typeof labProcess>;

/** What `.nomad/lab.json` says of a lab that is up: where it answers, and which processes it has. */
export const labState = z.object({ name: z.string(), url: z.url(), processes: z.array(labProcess) });
export type LabState = z.infer<typeof labState>;

/** Reads a lab's state. Fails with E_CONFIG, naming the file, when it is not one. */
export function parseLabState(text: string, path: string): LabState {
  try {
    return labState.parse(JSON.parse(text));
  } catch (error) {
    throw new NomadError("E_CONFIG", `${path} is not the state of a lab; remove it when no lab runs`, { cause: error });
  }
}
