import { type MutantName, plant } from "@nomad/hca/mutants";

/** Name of the environment variable that names a fault to plant in every adapter of the run. */
export const mutantVariable = "NOMAD_HCA_MUTANT";

const name = process.env[mutantVariable];
if (name !== undefined) plant(name as MutantName);
