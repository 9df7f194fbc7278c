import { buildImages } from "nomad-rdma";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunningLab } from "../kit/running-lab.ts";
import { runRandomProgram } from "./kit/random-program.ts";

/** Each is another program; the whole test has fifty. */
const programs = Number(process.env.NOMAD_MPI_PROGRAMS ?? 2);
const seeds = Array.from({ length: programs }, (_, i) => i + 1);

let lab: RunningLab;

beforeAll(async () => {
  await buildImages(["mpi-random"]);
  lab = await RunningLab.start();
}, 120_000);
afterAll(() => lab[Symbol.asyncDispose]());

test.each(seeds)(
  "random program %i gives the same whether its ranks move or not",
  { timeout: 300_000 },
  async (seed) => {
    const program = { seed, ranks: 2 + (seed % 3), steps: 250 };
    const still = await runRandomProgram(lab, { ...program, moving: false });
    const moving = await runRandomProgram(lab, { ...program, moving: true });
    expect(still).toMatchObject({ verified: true, moves: 0 });
    expect(moving).toMatchObject({ verified: true, checksum: still.checksum });
    expect(moving.moves).toBeGreaterThan(0);
  },
);
