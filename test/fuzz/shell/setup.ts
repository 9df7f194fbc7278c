// Every run of the tests tries the same cases, unless it is told another seed: `npm run fuzz`.
import fc from "fast-check";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.NOMAD_FUZZ_SEED ?? 1) });
