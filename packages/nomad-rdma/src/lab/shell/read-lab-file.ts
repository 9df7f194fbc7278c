import { NomadError } from "@nomad/base";
import { readIfThere } from "../../settings/shell/nomad-directory.ts";
import { type LabFile, parseLabFile } from "../lab-file.ts";

/** The lab file at a path. Fails with E_CONFIG when there is none, or it is wrong. */
export function readLabFile(path: string): LabFile {
  const text = readIfThere(path);
  if (text === undefined)
    throw new NomadError("E_CONFIG", `there is no lab file ${path}; \`nomad-rdma init\` writes one`);
  return parseLabFile(text, path);
}
